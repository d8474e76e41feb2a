import type { Writable } from 'node:stream';
import type { Accelerator } from './accelerator.js';

export interface VmOptions {
  /** A name of `KERNELS`: 5.10, 6.1, 6.12, sid. */
  readonly kernel: string;
  /** Program and arguments, found by the guest's PATH. No shell is between. */
  readonly command: readonly string[];
  /** Default: the caller's. The host's root is at the same place in the guest. */
  readonly cwd?: string;
  /** Added to PATH, HOME, USER, LANG and TERM; nothing else of the caller's environment goes in. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cpus?: number;
  readonly memoryMb?: number;
  /** For all of it, boot and command. */
  readonly timeoutMs?: number;
  /** For the boot alone, until the command starts. */
  readonly bootTimeoutMs?: number;
  /** Sizes (`1G`, an empty disk that goes away afterwards) or raw image files: /dev/vda, /dev/vdb, ... */
  readonly disks?: readonly string[];
  /** For modprobe, before the command: a name, or a name and parameters. */
  readonly modules?: readonly string[];
  /** A folder of the host, made if missing, that the guest writes to as /vmout. */
  readonly out?: string;
  /** Fetch the headers too, for BCC's run-time compiler. Headers already cached are there without this. */
  readonly headers?: boolean;
  /** More kernel parameters, such as `lockdown=integrity`. */
  readonly append?: readonly string[];
  readonly accelerator?: Accelerator | 'auto';
  /** Ends the machine; the promise is then rejected with VM_ABORTED. */
  readonly signal?: AbortSignal;
  /** Where the command's output also goes, as it comes. A slow stream slows the guest down. */
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** False keeps output out of the result, for commands that write more than fits in memory. */
  readonly capture?: boolean;
  /** Told what takes a while: a download, an installation. */
  readonly log?: (line: string) => void;
}

export interface VmResult {
  /** The command's exit status; 128 and the signal when a signal ended it; 127 when there is no such program. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The same, byte for byte. */
  readonly stdoutBytes: Buffer;
  readonly stderrBytes: Buffer;
  /** What the kernel printed. */
  readonly console: string;
  readonly release: string;
  /** From starting QEMU to its end. */
  readonly seconds: number;
  /** Of these, until the command started. */
  readonly bootSeconds: number;
}

export const DEFAULT_TIMEOUT_MS = 600_000;
export const DEFAULT_BOOT_TIMEOUT_MS = 180_000;
export const DEFAULT_MEMORY_MB = 2500;
export const DEFAULT_CPUS = 2;
