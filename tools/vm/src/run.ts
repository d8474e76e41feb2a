import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type Accelerator, chooseAccelerator } from './accelerator.js';
import { VmError } from './errors.js';
import { type CachedKernel, fetchKernel } from './fetch.js';
import { guestFiles } from './guest-files.js';
import { ensureHostPackages } from './host-packages.js';
import { initramfsFor } from './initramfs.js';
import { CONSOLE_FD, qemuCommand } from './qemu.js';
import { parseSizeBytes } from './units.js';

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
const CONSOLE_KEPT = 256 * 1024;

/**
 * Boot a kernel under QEMU and run one command in it, with this machine's files at their places and every write lost
 * afterwards, except under /vmout and on disks given as files.
 *
 * @throws VmError VM_PANIC, VM_BOOT, VM_TIMEOUT, VM_GUEST, VM_QEMU with the console; VM_FETCH, VM_HOST, VM_USAGE before.
 */
export async function runInVm(options: VmOptions): Promise<VmResult> {
  if (options.command.length === 0) throw new VmError('VM_USAGE', 'no command to run', 'Give one after --.');
  await ensureHostPackages();
  const fetchOptions = {
    headers: options.headers ?? false,
    ...(options.log === undefined ? {} : { log: options.log }),
  };
  const kernel = await fetchKernel(options.kernel, fetchOptions);
  const accelerator = await chooseAccelerator(options.accelerator ?? 'auto', kernel, (trial) =>
    boot(kernel, 'kvm', { kernel: options.kernel, cwd: '/', ...trial }),
  );
  return boot(kernel, accelerator, options);
}

/** One machine, from its temporary files to their removal. */
async function boot(kernel: CachedKernel, accelerator: Accelerator, options: VmOptions): Promise<VmResult> {
  const folder = mkdtempSync(join(tmpdir(), 'skep-vm-'));
  try {
    const disks = (options.disks ?? []).map((disk, at) => diskFile(disk, join(folder, `disk${at}`)));
    const outFolder = options.out === undefined ? undefined : resolve(options.out);
    if (outFolder !== undefined) mkdirSync(outFolder, { recursive: true });
    const initrd = join(folder, 'initrd');
    const files = guestFiles({
      kernel,
      command: options.command,
      cwd: resolve(options.cwd ?? process.cwd()),
      env: { ...basicEnv(), ...options.env },
      modules: options.modules ?? [],
      diskCount: disks.length,
      hasOutput: outFolder !== undefined,
    });
    writeFileSync(initrd, Buffer.concat([await initramfsFor(kernel), files]));
    const command = qemuCommand({
      accelerator,
      cpus: options.cpus ?? DEFAULT_CPUS,
      memoryMb: options.memoryMb ?? DEFAULT_MEMORY_MB,
      image: kernel.image,
      initrd,
      append: options.append ?? [],
      kernelFolder: kernel.folder,
      outFolder,
      disks,
    });
    return await watch(command, kernel, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A disk of a size is a file with a hole in it, which takes no room until it is written to. */
function diskFile(disk: string, temporary: string): string {
  const sizeBytes = parseSizeBytes(disk);
  if (sizeBytes !== undefined) {
    closeSync(openSync(temporary, 'w'));
    truncateSync(temporary, sizeBytes);
    return temporary;
  }
  if (existsSync(disk)) return resolve(disk);
  throw new VmError(
    'VM_USAGE',
    `--disk ${disk}: no such file, and no size`,
    'Give a raw image file, or a size such as 1G.',
  );
}

function basicEnv(): Record<string, string> {
  // Not /bin and /sbin: where they are links, bpftrace finds each program twice and refuses to choose.
  const always = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin'];
  const folders = new Set([...(process.env.PATH ?? '').split(':').filter(Boolean), ...always]);
  return {
    PATH: [...folders].join(':'),
    HOME: process.env.HOME ?? '/root',
    USER: 'root',
    TERM: 'dumb',
    LANG: process.env.LANG ?? 'C.UTF-8',
  };
}

/** Start QEMU and follow it to its end. */
function watch(command: readonly string[], kernel: CachedKernel, options: VmOptions): Promise<VmResult> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const [program, ...args] = command;
    const qemu = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] });
    const streams = qemu.stdio as unknown as Readable[]; // its type knows five
    const kernelConsole = collect(streams[CONSOLE_FD]!, undefined, CONSOLE_KEPT);
    const complaint = collect(streams[2]!, undefined, CONSOLE_KEPT);
    const kept = options.capture === false ? 0 : Number.POSITIVE_INFINITY;
    const stdout = collect(streams[5]!, options.stdout, kept);
    const stderr = collect(streams[6]!, options.stderr, kept);

    let startedAt: number | undefined;
    let exitCode: number | undefined;
    let guestError: string | undefined;
    let ended: VmError | undefined;
    const end = (code: 'VM_BOOT' | 'VM_TIMEOUT' | 'VM_ABORTED', message: string, remedy: string) => {
      ended ??= new VmError(code, message, remedy);
      qemu.kill('SIGKILL');
      // A stream that waits for its taker would keep QEMU's end from being noticed.
      streams[5]!.destroy();
      streams[6]!.destroy();
    };

    onLines(streams[4]!, (line) => {
      const [word, ...rest] = line.split(' ');
      if (word === 'start') startedAt = performance.now();
      else if (word === 'exit') exitCode = Number(rest[0]);
      else if (word === 'error') guestError = rest.join(' ');
    });

    const bootTimeoutMs = options.bootTimeoutMs ?? DEFAULT_BOOT_TIMEOUT_MS;
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const bootTimer = setTimeout(() => {
      if (startedAt !== undefined) return;
      end(
        'VM_BOOT',
        `${kernel.release} did not finish booting in ${bootTimeoutMs / 1000} s`,
        'See its console; --boot-timeout waits longer.',
      );
    }, bootTimeoutMs);
    const timer = setTimeout(
      () =>
        end(
          'VM_TIMEOUT',
          `the time limit of ${timeoutMs / 1000} s passed ${startedAt === undefined ? 'while booting' : `while running ${options.command[0]}`}`,
          'Give it more with --timeout, for example --timeout 20m.',
        ),
      timeoutMs,
    );
    const aborted = () => end('VM_ABORTED', 'stopped from outside', 'Nothing is left running.');
    if (options.signal?.aborted) aborted();
    options.signal?.addEventListener('abort', aborted, { once: true });

    qemu.on('error', (error) => {
      ended ??= new VmError(
        'VM_QEMU',
        `${program} cannot be started: ${error.message}`,
        'Install qemu-system-x86 and util-linux.',
      );
    });
    // 'close' comes when all sockets have ended too: what the guest wrote has arrived.
    qemu.on('close', (status) => {
      clearTimeout(bootTimer);
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', aborted);
      const text = kernelConsole().toString();
      if (exitCode !== undefined && ended === undefined) {
        const stdoutBytes = stdout();
        const stderrBytes = stderr();
        resolve({
          exitCode,
          stdout: stdoutBytes.toString(),
          stderr: stderrBytes.toString(),
          stdoutBytes,
          stderrBytes,
          console: text,
          release: kernel.release,
          seconds: (performance.now() - begun) / 1000,
          bootSeconds: ((startedAt ?? begun) - begun) / 1000,
        });
        return;
      }
      const error =
        ended ?? diagnose(kernel, status, guestError, text, complaint().toString(), startedAt !== undefined);
      reject(new VmError(error.code, error.message, error.remedy, { console: text }));
    });
  });
}

/** Why a machine ended without the status of its command. */
function diagnose(
  kernel: CachedKernel,
  status: number | null,
  guestError: string | undefined,
  text: string,
  complaint: string,
  hasStarted: boolean,
): VmError {
  const when = hasStarted ? 'while the command ran' : 'while booting';
  if (guestError !== undefined) {
    return new VmError(
      'VM_GUEST',
      `${kernel.release}: ${guestError}`,
      'The console has what the kernel said about it.',
    );
  }
  const panic = /Kernel panic - not syncing: .*/.exec(text)?.[0].trim();
  if (panic !== undefined) {
    return new VmError('VM_PANIC', `${kernel.release} ${when}: ${panic}`, 'The call trace above says where.');
  }
  if (status !== 0) {
    const reason = complaint.trim().split('\n').at(-1) || `status ${status}`;
    return new VmError(
      'VM_QEMU',
      `QEMU ended ${when}: ${reason}`,
      'Is there enough memory for it? --memory gives it less.',
    );
  }
  return new VmError('VM_BOOT', `${kernel.release} powered off or restarted ${when}`, 'See its console.');
}

/** Keep the last `limit` bytes of a stream, and pass all of it on at the speed of the taker. */
function collect(from: Readable, into: Writable | undefined, limit: number): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  from.on('data', (chunk: Buffer) => {
    if (limit > 0) {
      chunks.push(chunk);
      size += chunk.length;
      while (size - chunks[0]!.length > limit) size -= chunks.shift()!.length;
    }
    if (into !== undefined && !into.destroyed && !into.write(chunk)) {
      from.pause();
      into.once('drain', () => from.resume());
    }
  });
  from.on('error', () => {}); // a killed QEMU resets its sockets
  return () => Buffer.concat(chunks);
}

function onLines(from: Readable, take: (line: string) => void): void {
  let rest = '';
  from.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    lines.forEach(take);
  });
  from.on('error', () => {});
}
