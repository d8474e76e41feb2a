import { SkepError } from '@skep/core';
import type { UsdtRequest } from './compiler/protocol.js';

export interface UsdtTarget {
  /** A running process; its program and libraries are looked through. */
  readonly pid?: number;
  /** A program, or a library by path or short name; with `pid` it narrows the search. */
  readonly path?: string;
}

export interface UsdtProbeSpec {
  /** `name`, or `provider:name` where several providers have it. */
  readonly probe: string;
  readonly fn: string;
}

/**
 * USDT probes of one process or file for functions of a program, which read arguments by
 * `bpf_usdt_readarg(n, ctx, &value)`, n from 1. Without a pid every process is traced that runs the file, later ones too.
 */
export class USDT {
  private readonly target: UsdtTarget;
  private readonly probes: { readonly provider: string | undefined; readonly name: string; readonly fn: string }[] = [];

  /** @throws SkepError SKEP_USAGE when neither a pid nor a path is given. */
  constructor(target: UsdtTarget) {
    if (target.pid === undefined && target.path === undefined) {
      throw new SkepError('SKEP_USAGE', 'a USDT probe needs a pid or a path', 'such as { path: "/usr/bin/python3" }');
    }
    this.target = target;
  }

  /** Before the program is loaded; it may be called for several probes. */
  enableProbe({ probe, fn }: UsdtProbeSpec): this {
    const [name = '', provider] = probe.split(':').reverse();
    this.probes.push({ provider, name, fn });
    return this;
  }

  /** For the compiler. */
  get request(): UsdtRequest {
    return { ...this.target, probes: this.probes };
  }
}
