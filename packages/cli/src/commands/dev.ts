import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SkepError } from '@skep/core';
import { onStopSignals } from '../signals.js';
import { createCommand, parseArgs } from '../usage.js';

const SKEP = fileURLToPath(new URL('../../bin/skep.mjs', import.meta.url));

/** An editor writes several files, or one several times. */
const SETTLE_MS = 150;

/** `skep dev [FOLDER] [flags of the tool]`: build, attach, show events; again whenever a source changes. */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand('dev', 'Build a plugin, attach it and show its events; again at every change')
    .argument('[folder]', 'Of the plugin', '.')
    .argument('[flags...]', 'For the tool: -x -o json')
    .passThroughOptions()
    .allowUnknownOption();
  if (parseArgs(command, args)) return 0;
  const [first = '.', ...rest] = command.args;
  const [folder, flags] = first.startsWith('-') ? ['.', [first, ...rest]] : [first, rest];
  if (!existsSync(join(folder, 'package.json'))) {
    throw new SkepError('SKEP_USAGE', `${folder} has no package.json`, 'skep create plugin NAME makes a plugin');
  }
  await new Workbench(resolve(folder), flags).run();
  return 0;
}

/** Code that has been imported stays as it was, so every build and every run is a process of its own. */
class Workbench {
  private readonly folder: string;
  private readonly flags: readonly string[];
  private readonly stopping = new AbortController();
  private tool: ChildProcess | undefined;
  private changed: (() => void) | undefined;
  private isDirty = true;

  constructor(folder: string, flags: readonly string[]) {
    this.folder = folder;
    this.flags = flags;
  }

  /** Until Ctrl-C. */
  async run(): Promise<void> {
    const { signal } = this.stopping;
    const release = onStopSignals(() => this.stopping.abort());
    signal.addEventListener('abort', () => this.changed?.());
    const watcher = watch(this.folder, { recursive: true, signal }, (_, name) => this.notice(name));
    try {
      while (!signal.aborted) {
        this.isDirty = false;
        if (await this.build()) await this.restart();
        await this.nextChange();
      }
    } finally {
      watcher.close();
      await this.stopTool();
      release();
    }
  }

  private notice(name: string | null): void {
    const isSource = name !== null && /^(package\.json|src\/.*\.(c|h|ts|js|json))$/.test(name);
    if (!isSource || /\.bpf\.(ts|js)$/.test(name)) return;
    this.isDirty = true;
    this.changed?.();
  }

  private async nextChange(): Promise<void> {
    const { signal } = this.stopping;
    if (!this.isDirty && !signal.aborted) await new Promise<void>((resolve) => (this.changed = resolve));
    this.changed = undefined;
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  }

  /** Whether it could be built; what is wrong has been said, and what is attached stays. */
  private async build(): Promise<boolean> {
    const child = this.skep(['build', this.folder], 'ignore');
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0 && !this.stopping.signal.aborted) process.stderr.write('skep: waiting for a change\n');
    return code === 0 && !this.stopping.signal.aborted;
  }

  private async restart(): Promise<void> {
    await this.stopTool();
    process.stderr.write('skep: built; attaching\n');
    const tool = this.skep([this.folder, ...this.flags], 'inherit');
    this.tool = tool;
    tool.once('exit', (code) => {
      if (this.tool !== tool) return;
      this.tool = undefined;
      if (code !== 0) process.stderr.write('skep: waiting for a change\n');
    });
  }

  private async stopTool(): Promise<void> {
    const { tool } = this;
    if (!tool) return;
    this.tool = undefined;
    const ended = once(tool, 'exit');
    tool.kill('SIGINT');
    await ended;
  }

  /** In a group of its own: Ctrl-C at the terminal is told once, by this process. */
  private skep(args: readonly string[], stdout: 'ignore' | 'inherit'): ChildProcess {
    return spawn(process.execPath, [SKEP, ...args], { stdio: ['ignore', stdout, 'inherit'], detached: true });
  }
}
