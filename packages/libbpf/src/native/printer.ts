import { decodeString, libbpf, registerPrinter } from './libbpf.js';
import { libc } from './libc.js';

/** Levels of `enum libbpf_print_level`. */
const WARN = 0;
const INFO = 1;

type Listener = (level: 'warn' | 'info' | 'debug', text: string) => void;

let listener: Listener | undefined;
let wantDebug = false;
let registered = false;

/**
 * Send libbpf's log to `listen` instead of standard error, until the next call. Debug lines are formatted only when
 * asked for: there are hundreds per load.
 */
export function onLibbpfLog(listen: Listener | undefined, debug = false): void {
  listener = listen;
  wantDebug = debug;
  if (registered) return;
  registered = true;
  libbpf().libbpf_set_print(
    registerPrinter((level, format, args) => {
      if (!listener || (level > INFO && !wantDebug)) return 0;
      const out: (bigint | null)[] = [null];
      if (libc().vasprintf(out, format, args) < 0 || out[0] == null) return 0;
      const text = decodeString(out[0]);
      libc().free(out[0]);
      listener(level === WARN ? 'warn' : level === INFO ? 'info' : 'debug', text.replace(/^libbpf: /, '').trimEnd());
      return 0;
    }),
  );
}
