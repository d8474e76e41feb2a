import type { OptionValues, SourceLocation } from '@skep/core';
import type { AttachEntry } from '@skep/libbcc';
import type { Account } from '@skep/libbpf';
import type { LoadedPlugin, LoadedProcessor, LoadedSink } from '../discovery/load-package.js';
import type { TextInFile } from './scalar-place.js';

/** A configuration file that has been read and found right. */
export interface Config {
  readonly version: 1;
  /** The file as the user named it. */
  readonly file: string;
  /** Absolute; relative paths in the file start here. */
  readonly folder: string;
  readonly agent: AgentConfig;
  /** In the order of the file; at least one. */
  readonly plugins: readonly PluginInstance[];
  /** In the order of the file: each comes after those whose rows it gets. */
  readonly processors: readonly ProcessorInstance[];
  /** In the order of the file; `screen`, a stdout sink that gets everything, when the file names none. */
  readonly sinks: readonly SinkInstance[];
}

export interface AgentConfig {
  /** Default: the host name. */
  readonly name: string;
  /** Where the Prometheus endpoint listens; undefined: it is off. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  readonly log: 'error' | 'warn' | 'info' | 'debug';
  /** Who the process becomes once everything is attached; undefined: it stays who it is. */
  readonly user: Account | undefined;
  /** What becomes of its capabilities then. */
  readonly privileges: 'drop' | 'keep';
}

/** A program in the configuration, or in a file that it names. */
export interface ProgramInFile extends TextInFile {
  /** The file that holds it, when it is one of its own. */
  readonly file: string | undefined;
}

export interface PluginInstance {
  readonly name: string;
  readonly plugin: LoadedPlugin;
  /** Every option of the plugin, with its default where none was given. */
  readonly options: OptionValues;
  /** BPF helpers by which it may change what it watches. */
  readonly allow: readonly string[];
  /** Time between snapshots: `every`, else the plugin's own interval, else 5 s. */
  readonly everyMs: number;
  /** The C program of a `use: bcc`. */
  readonly program: ProgramInFile | undefined;
  /** What the functions of the program are attached to, besides what their names say. */
  readonly attach: readonly AttachEntry[];
  /** The place of its name in the file. */
  readonly location: SourceLocation;
}

export interface ProcessorInstance {
  readonly name: string;
  readonly processor: LoadedProcessor;
  readonly options: OptionValues;
  /** Names of the plugins and earlier processors whose rows it gets. */
  readonly from: readonly string[];
  readonly location: SourceLocation;
}

export interface SinkInstance {
  readonly name: string;
  readonly sink: LoadedSink;
  readonly options: OptionValues;
  /** Names of options whose values are never to be printed (nested ones as `group.name`). */
  readonly secrets: readonly string[];
  /** Names of the plugins and processors whose rows it gets. */
  readonly from: readonly string[];
  /** The file has no `from`: it gets everything that no processor takes, also what a reload adds. */
  readonly getsEverything: boolean;
  readonly where: TextInFile | undefined;
  readonly location: SourceLocation;
}
