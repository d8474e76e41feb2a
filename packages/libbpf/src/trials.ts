import { existsSync, readFileSync } from 'node:fs';
import type { Trials } from './kernels/index.js';
import { libbpf } from './native/libbpf.js';
import type { Answer } from './predict/index.js';

/** `enum bpf_prog_type` of fentry, fexit and typed tracepoints. */
const PROG_TYPE_TRACING = 26;

/**
 * What no file says: a hardened kernel may have everything that fentry needs, and still refuse to load it. Needs the
 * privilege to load programs; without it nothing is learnt.
 */
export function tryFeatures(): Trials {
  const trials = new Map<string, Answer>();
  // libbpf's own trial is to attach to something that is no function, and to be told so by the verifier.
  if (libbpf().libbpf_probe_bpf_prog_type(PROG_TYPE_TRACING, null) === 0) {
    const mode = lockdownMode();
    const why =
      mode === undefined || mode === 'none' ? 'its security policy' : `lockdown=${mode}, or its security policy`;
    trials.set('fentry', { state: 'no', reason: `this kernel refuses to load fentry and fexit programs (${why})` });
  }
  return trials;
}

/** The mode that kernel lockdown is in; undefined when nobody says. */
export function lockdownMode(): string | undefined {
  const file = '/sys/kernel/security/lockdown';
  if (!existsSync(file)) return undefined;
  return /\[(\w+)\]/.exec(readFileSync(file, 'utf8'))?.[1];
}
