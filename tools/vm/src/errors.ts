/** Exit codes of the `vm` command that are not the command's own. */
export const EXIT_USAGE = 2;
/** This machine lacks something: a package, a tool, the right architecture. */
export const EXIT_HOST = 3;
/** A kernel could not be fetched: no such suite or package, a bad checksum, no mirror. */
export const EXIT_FETCH = 4;
/** The machine failed, not the command: a panic, a boot that hangs, the time limit. As docker and env use it. */
export const EXIT_VM = 125;

export type VmErrorCode =
  | 'VM_USAGE'
  | 'VM_HOST'
  | 'VM_FETCH'
  | 'VM_QEMU'
  | 'VM_GUEST'
  | 'VM_PANIC'
  | 'VM_BOOT'
  | 'VM_TIMEOUT'
  | 'VM_ABORTED';

/** A failure with a remedy. `console` holds what the kernel printed, when there was one. */
export class VmError extends Error {
  readonly code: VmErrorCode;
  readonly remedy: string;
  readonly console: string;

  constructor(code: VmErrorCode, message: string, remedy: string, console = '') {
    super(message);
    this.name = 'VmError';
    this.code = code;
    this.remedy = remedy;
    this.console = console;
  }

  get exitCode(): number {
    if (this.code === 'VM_USAGE') return EXIT_USAGE;
    if (this.code === 'VM_HOST') return EXIT_HOST;
    if (this.code === 'VM_FETCH') return EXIT_FETCH;
    return EXIT_VM;
  }
}

/** How many console lines an error shows: a panic with its registers and call trace fits. */
const CONSOLE_LINES = 60;

/** The text for a person: what happened, the end of the console if there is one, and what to do. No stack trace. */
export function renderError(error: unknown): string {
  if (!(error instanceof VmError)) return `error: ${error instanceof Error ? error.message : String(error)}\n`;
  let text = `error[${error.code}]: ${error.message}\n`;
  const lines = consoleTail(error.console);
  if (lines.length > 0) text += `  last lines of the console:\n${lines.map((line) => `    ${line}\n`).join('')}`;
  return `${text}  ${error.remedy}\n`;
}

/** Control bytes are dropped: the guest writes this text, and it goes to a terminal. */
function consoleTail(text: string): string[] {
  const lines = text
    .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return lines.slice(-CONSOLE_LINES);
}
