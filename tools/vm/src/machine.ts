import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { diagnose } from './diagnose.js';
import { VmError } from './errors.js';
import { DEFAULT_BOOT_TIMEOUT_MS, DEFAULT_TIMEOUT_MS, type VmOptions, type VmResult } from './options.js';
import { CONSOLE_FD } from './qemu.js';
import { collect, onLines } from './streams.js';

const CONSOLE_KEPT = 256 * 1024;

/** Start QEMU and follow it to its end. `onStart` is called when the command begins. */
export function watch(
  command: readonly string[],
  release: string,
  options: VmOptions,
  onStart: () => void,
): Promise<VmResult> {
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
      if (word === 'start') {
        startedAt = performance.now();
        onStart();
      } else if (word === 'exit') exitCode = Number(rest[0]);
      else if (word === 'error') guestError = rest.join(' ');
    });

    const bootTimeoutMs = options.bootTimeoutMs ?? DEFAULT_BOOT_TIMEOUT_MS;
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const bootTimer = setTimeout(() => {
      if (startedAt !== undefined) return;
      end(
        'VM_BOOT',
        `${release} did not finish booting in ${bootTimeoutMs / 1000} s`,
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
          release,
          seconds: (performance.now() - begun) / 1000,
          bootSeconds: ((startedAt ?? begun) - begun) / 1000,
        });
        return;
      }
      if (ended !== undefined) reject(new VmError(ended.code, ended.message, ended.remedy, text));
      else {
        const hasStarted = startedAt !== undefined;
        reject(diagnose({ release, status, guestError, console: text, complaint: complaint().toString(), hasStarted }));
      }
    });
  });
}
