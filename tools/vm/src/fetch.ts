import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PrivateApt } from './apt.js';
import { cacheFolder, withLock, writeAtomically } from './cache.js';
import { isDiskFull, noRoom } from './disk-full.js';
import { VmError } from './errors.js';
import { ensureHostPackages } from './host-packages.js';
import { vmlinuxOf } from './kernel-image.js';
import { type KnownKernel, kernelNamed } from './kernels.js';
import { run } from './process.js';

/** A kernel in the cache. `folder` is what the guest sees as its share of packages. */
export interface CachedKernel {
  readonly name: string;
  /** As `uname -r` says it. */
  readonly release: string;
  /** Debian's version of the package. */
  readonly version: string;
  readonly folder: string;
  /** Holds `usr/lib/modules/<release>`. */
  readonly root: string;
  /** Holds `usr/src` and the links to it from the modules folder, when the headers were fetched. */
  readonly headers: string | undefined;
  /** What QEMU boots: the unpacked kernel if it could be unpacked. */
  readonly image: string;
}

export interface FetchOptions {
  readonly headers?: boolean;
  /** Look for a newer build even when one is cached. */
  readonly update?: boolean;
  /** Told what is being done when it takes a while. */
  readonly log?: (line: string) => void;
}

/** The folder of one kernel's name: private apt, releases, and `current.json` that says which is in use. */
function kernelFolder(kernel: KnownKernel): string {
  return join(cacheFolder(), 'kernels', kernel.name);
}

/** The cached kernel of this name, or undefined. */
export function cachedKernel(kernel: KnownKernel): CachedKernel | undefined {
  const base = kernelFolder(kernel);
  let current: { release: string; version: string };
  try {
    current = JSON.parse(readFileSync(join(base, 'current.json'), 'utf8'));
  } catch {
    return undefined; // nothing fetched yet
  }
  const folder = join(base, current.release);
  if (!existsSync(join(folder, 'root'))) return undefined;
  const headers = join(folder, 'headers');
  const vmlinux = join(folder, 'vmlinux');
  return {
    name: kernel.name,
    release: current.release,
    version: current.version,
    folder,
    root: join(folder, 'root'),
    headers: existsSync(headers) ? headers : undefined,
    image: existsSync(vmlinux) ? vmlinux : join(folder, 'vmlinuz'),
  };
}

/**
 * The kernel of this name, fetched if it is not cached.
 *
 * Safe to call from several processes: one fetches, the others wait for it; a folder appears complete or not at all.
 *
 * @throws VmError VM_FETCH when the mirror lacks it or a checksum is wrong, VM_HOST, VM_USAGE.
 */
export async function fetchKernel(name: string, options: FetchOptions = {}): Promise<CachedKernel> {
  const kernel = kernelNamed(name);
  const isEnough = (cached: CachedKernel | undefined): cached is CachedKernel =>
    cached !== undefined && (!options.headers || cached.headers !== undefined);
  const before = cachedKernel(kernel);
  if (isEnough(before) && !options.update) return before;
  await ensureHostPackages();
  const base = kernelFolder(kernel);
  return withLock(join(base, 'lock'), async () => {
    const cached = cachedKernel(kernel);
    if (isEnough(cached) && !options.update) return cached;
    const log = options.log ?? (() => {});
    removeUnfinished(base, cached);
    log(`reading the package lists of ${kernel.suite}`);
    try {
      const apt = await PrivateApt.open(kernel, join(base, 'apt'));
      try {
        if (cached === undefined || options.update) await fetchImage(kernel, apt, base, log);
        const fetched = cachedKernel(kernel)!;
        if (options.headers && fetched.headers === undefined) await fetchHeaders(kernel, fetched, apt, log);
      } finally {
        apt.close();
      }
    } catch (error) {
      if (isDiskFull(error)) throw noRoom(base, `kernel ${kernel.name}: ${(error as Error).message}`);
      throw error;
    } finally {
      removeUnfinished(base, cachedKernel(kernel));
    }
    return cachedKernel(kernel)!;
  });
}

/** What a fetch that failed or was killed left; called with the lock held, so nobody is at work on it. */
function removeUnfinished(base: string, cached: CachedKernel | undefined): void {
  for (const folder of cached === undefined ? [base] : [base, cached.folder]) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      if (/^\.(new|headers)-/.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}

async function fetchImage(kernel: KnownKernel, apt: PrivateApt, base: string, log: (line: string) => void) {
  const image = await newestImage(kernel, apt);
  const release = image.slice('linux-image-'.length);
  const version = (await apt.version(image)) ?? '';
  const folder = join(base, release);
  if (!existsSync(join(folder, 'root'))) {
    // From 7.0 on the image is split in several packages: all that carry the same release belong together.
    const parts = (await apt.dependencies(image)).filter((part) => part.startsWith('linux-') && part.endsWith(release));
    log(`downloading ${[image, ...parts].join(', ')}`);
    const fresh = join(base, `.new-${process.pid}`);
    const root = join(fresh, 'root');
    await apt.unpack([image, ...parts], root);
    mergeUsr(root);
    const vmlinuz = [`boot/vmlinuz-${release}`, `usr/lib/modules/${release}/vmlinuz`]
      .map((file) => join(root, file))
      .find(existsSync);
    if (vmlinuz === undefined) {
      throw new VmError(
        'VM_FETCH',
        `${image} ${version} holds no vmlinuz`,
        'Report it: Debian moved the kernel image.',
      );
    }
    copyFileSync(vmlinuz, join(fresh, 'vmlinuz'));
    rmSync(join(root, 'boot'), { recursive: true, force: true });
    log('unpacking the kernel and indexing its modules');
    const vmlinux = await vmlinuxOf(readFileSync(join(fresh, 'vmlinuz')));
    if (vmlinux !== undefined) writeFileSync(join(fresh, 'vmlinux'), vmlinux);
    // depmod looks in lib/, where there is nothing any more.
    const indexed = await run(['depmod', '--basedir', join(root, 'usr'), release]);
    if (indexed.status !== 0) {
      const message = `depmod failed on ${release}: ${indexed.stderr.trim()}`;
      if (isDiskFull(indexed.stderr)) throw noRoom(base, message);
      throw new VmError('VM_FETCH', message, 'Fetch it again: vm fetch --update.');
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  }
  writeAtomically(join(base, 'current.json'), `${JSON.stringify({ release, version, image })}\n`);
}

/** The package the suite's `linux-image-amd64` stands for, as long as it is the series asked for. */
async function newestImage(kernel: KnownKernel, apt: PrivateApt): Promise<string> {
  const prefix = `linux-image-${kernel.releasePrefix}`;
  const isImage = (name: string) =>
    name.startsWith(prefix) && /^linux-image-\d.*\d\S*-amd64$/.test(name) && !/-(rt|cloud)-/.test(name);
  const meant = (await apt.dependencies('linux-image-amd64')).find(isImage);
  if (meant !== undefined) return meant;
  // The suite has moved to another series; it may still carry the old one.
  const collator = new Intl.Collator('en', { numeric: true });
  const newest = (await apt.names(prefix)).filter(isImage).sort(collator.compare).at(-1);
  if (newest !== undefined) return newest;
  throw new VmError(
    'VM_FETCH',
    `suite ${kernel.suite} has no package ${prefix}*-amd64`,
    'Name a mirror that still has it: SKEP_DEBIAN_MIRROR=<address ending in /debian>.',
  );
}

async function fetchHeaders(kernel: KnownKernel, cached: CachedKernel, apt: PrivateApt, log: (line: string) => void) {
  const headers = `linux-headers-${cached.release}`;
  const needed = await apt.dependencies(headers);
  if (needed.length === 0) {
    throw new VmError(
      'VM_FETCH',
      `suite ${kernel.suite} has no package ${headers} (any more)`,
      `Move on to its newest kernel: vm fetch --kernel ${kernel.name} --update --headers`,
    );
  }
  const parts = needed.filter((part) => /^linux-(headers|kbuild)-/.test(part));
  log(`downloading ${[headers, ...parts].join(', ')}`);
  const fresh = join(cached.folder, `.headers-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  await apt.unpack([headers, ...parts], fresh);
  mergeUsr(fresh);
  renameSync(fresh, join(cached.folder, 'headers'));
}

/** Move `lib` to `usr/lib`: laid over a merged root, a folder `lib` would hide the link of that name, and all libraries. */
function mergeUsr(root: string): void {
  const lib = join(root, 'lib');
  if (!existsSync(lib)) return;
  const target = join(root, 'usr/lib');
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(lib)) {
    if (name === 'modules' && existsSync(join(target, 'modules'))) {
      for (const release of readdirSync(join(lib, name)))
        renameSync(join(lib, name, release), join(target, name, release));
    } else renameSync(join(lib, name), join(target, name));
  }
  rmSync(lib, { recursive: true, force: true });
}
