import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What was fetched once and is kept. */
const CACHE = join(dirname(fileURLToPath(import.meta.url)), '../.cache');

/** Environment under which libbcc finds kernel headers; empty when it finds them by itself. */
export type HeadersEnvironment = Readonly<Record<string, string>>;

/** The package a metapackage stands for, in what `apt-cache depends` says about it: the headers of Debian's own kernel. */
export function headersPackage(depends: string): string | undefined {
  return /^\s*Depends: (linux-headers-\S+)$/m.exec(depends)?.[1];
}

/**
 * Make libbcc find kernel headers, which it compiles every program against.
 *
 * Nothing is done where the system has them, or the kernel brings its own. Else the two header packages of Debian's own kernel
 * are downloaded by apt, unpacked and merged under `.cache/headers`, and libbcc is pointed there by BCC_KERNEL_SOURCE. A second call
 * finds the folder; deleting the folder undoes everything: no package is installed and nothing outside is written.
 *
 * The headers are not this kernel's. Tracepoint programs do not mind: their arguments come from tracefs, not from headers.
 *
 * @throws Error when apt knows no such package or cannot fetch it.
 */
export function prepareHeaders(say: (text: string) => void): HeadersEnvironment {
  const merged = join(CACHE, 'headers');
  if (process.env.BCC_KERNEL_SOURCE) return {};
  if (existsSync(`/lib/modules/${release()}/build/include`) || existsSync('/sys/kernel/kheaders.tar.xz')) return {};
  if (!existsSync(merged)) fetchHeaders(merged, say);
  return { BCC_KERNEL_SOURCE: merged };
}

function fetchHeaders(merged: string, say: (text: string) => void): void {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  // Not the newest there is: libbcc's clang is as old as the release, and headers from backports can be too new for it.
  const meta = `linux-headers-${architecture}`;
  const headers = headersPackage(execFileSync('apt-cache', ['depends', meta], { encoding: 'utf8' }));
  if (!headers) throw new Error(`apt knows no ${meta}: run apt-get update, or install the headers of this kernel`);
  const common = headers.replace(new RegExp(`-${architecture}$`), '-common');
  say(`fetching ${headers} and ${common} into ${merged} (delete the folder to undo)`);
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'fetch-'));
  try {
    execFileSync('apt-get', ['download', '-q', headers, common], { cwd: folder, stdio: 'ignore' });
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.deb'))) {
      execFileSync('dpkg', ['-x', name, 'unpacked'], { cwd: folder });
    }
    // The architecture's own files go over the common ones, as `build` and `source` of a kernel do for libbcc.
    for (const name of [common, headers]) {
      for (const part of ['arch', 'include']) {
        cpSync(join(folder, 'unpacked/usr/src', name, part), join(folder, 'merged', part), {
          recursive: true,
          force: true,
        });
      }
    }
    if (!existsSync(merged)) renameSync(join(folder, 'merged'), merged); // unless another benchmark was quicker
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
