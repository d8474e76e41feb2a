import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AptSource, debianMirrors, parseDeb822, parseOneLine, withSuite } from './apt-sources.js';
import { isDiskFull, noRoom } from './disk-full.js';
import { VmError } from './errors.js';
import type { KnownKernel } from './kernels.js';
import { run } from './process.js';

/**
 * A private apt for one kernel's suite: its own lists and cache, the machine's mirrors and keys.
 *
 * apt itself checks signatures and checksums, and the machine's own package state is neither read nor changed.
 */
export class PrivateApt {
  readonly #kernel: KnownKernel;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(kernel: KnownKernel, folder: string) {
    this.#kernel = kernel;
    this.#folder = folder;
    this.#env = { ...process.env, APT_CONFIG: join(folder, 'apt.conf') };
  }

  /** Set it up in `folder` and fetch the suite's package lists. */
  static async open(kernel: KnownKernel, folder: string): Promise<PrivateApt> {
    const apt = new PrivateApt(kernel, folder);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, 'state/lists/partial'), { recursive: true });
    mkdirSync(join(folder, 'cache/archives/partial'), { recursive: true });
    writeFileSync(join(folder, 'status'), '');
    writeFileSync(join(folder, 'apt.conf'), await privateConfig(folder));
    try {
      await apt.#update();
    } catch (error) {
      apt.close();
      throw error;
    }
    return apt;
  }

  /** Remove its lists, which are some hundred megabytes and out of date by the next time. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The packages the newest `name` in the suite depends on, by name; empty when there is no such package. */
  async dependencies(name: string): Promise<string[]> {
    const shown = await run(['apt-cache', 'show', '--no-all-versions', name], { env: this.#env });
    const line = /^Depends: (.*)$/m.exec(shown.stdout.toString())?.[1] ?? '';
    return line.split(/\s*[,|]\s*/).flatMap((dependency) => dependency.split(/[\s:(]/, 1).filter(Boolean));
  }

  /** The version the suite has, or undefined. */
  async version(name: string): Promise<string | undefined> {
    const shown = await run(['apt-cache', 'show', '--no-all-versions', name], { env: this.#env });
    return /^Version: (.*)$/m.exec(shown.stdout.toString())?.[1];
  }

  /** Names in the suite that begin with `prefix`. */
  async names(prefix: string): Promise<string[]> {
    const listed = await run(['apt-cache', 'pkgnames', prefix], { env: this.#env });
    return listed.stdout.toString().split('\n').filter(Boolean);
  }

  /** Download packages and unpack them into `target`, one over the other. */
  async unpack(packages: readonly string[], target: string): Promise<void> {
    const debs = join(this.#folder, 'debs');
    rmSync(debs, { recursive: true, force: true });
    mkdirSync(debs, { recursive: true });
    const got = await run(['apt-get', 'download', '--quiet', ...packages], { cwd: debs, env: this.#env });
    if (got.status !== 0) throw this.#failed(`downloading ${packages.join(', ')}`, got.stderr);
    mkdirSync(target, { recursive: true });
    for (const file of readdirSync(debs)) {
      const unpacked = await run(['dpkg-deb', '--extract', join(debs, file), target]);
      if (unpacked.status !== 0) throw this.#failed(`unpacking ${file}`, unpacked.stderr);
    }
    rmSync(debs, { recursive: true, force: true });
  }

  async #update(): Promise<void> {
    const { archive, security } = debianMirrors(machineSources());
    if (archive.length === 0) {
      throw new VmError(
        'VM_FETCH',
        `apt on this machine has no Debian mirror, so suite ${this.#kernel.suite} cannot be found`,
        'Add a Debian mirror to /etc/apt/sources.list, or name one: SKEP_DEBIAN_MIRROR=<address ending in /debian>.',
      );
    }
    const main = withSuite(archive[0]!, this.#kernel.suite);
    const extra = this.#kernel.securitySuite !== undefined && security.length > 0;
    const secure = extra ? withSuite(security[0]!, this.#kernel.securitySuite!) : '';
    let done = await this.#updateFrom(`${main}\n${secure}`);
    // An old suite moves to the archive without its security suite: the plain one will do.
    if (done !== '' && extra) done = await this.#updateFrom(main);
    if (done !== '') throw this.#failed('reading the package lists', done);
  }

  /** The complaint, or nothing. */
  async #updateFrom(sources: string): Promise<string> {
    writeFileSync(join(this.#folder, 'kernel.sources'), sources);
    const updated = await run(['apt-get', 'update', '--quiet', '--error-on=any'], { env: this.#env });
    return updated.status === 0 ? '' : updated.stderr || `apt-get update ended with ${updated.status}`;
  }

  #failed(doing: string, stderr: string): VmError {
    const { name, suite } = this.#kernel;
    const lines = stderr
      .split('\n')
      .filter((line) => /^[EW]: /.test(line))
      .slice(0, 6);
    const message = `kernel ${name}, suite ${suite}: ${doing} failed\n    ${(lines.length > 0 ? lines : [stderr.trim()]).join('\n    ')}`;
    if (isDiskFull(stderr)) return noRoom(this.#folder, message);
    if (/hash sum mismatch|hashes|unexpected size/i.test(stderr)) {
      return new VmError(
        'VM_FETCH',
        `${message}\n  A checksum is wrong.`,
        'The mirror is being updated or is broken: try again, or another mirror.',
      );
    }
    if (/^E: Failed to fetch \S+\.deb .* 404 /m.test(stderr)) {
      return new VmError(
        'VM_FETCH',
        `${message}\n  The mirror lacks what its own list names.`,
        'It is being updated: try again later, or another mirror: SKEP_DEBIAN_MIRROR=<address ending in /debian>.',
      );
    }
    // An InRelease that is not there is also called "not signed".
    if (/ 4\d\d {2}|(not|no longer) have a Release file/.test(stderr)) {
      return new VmError(
        'VM_FETCH',
        `${message}\n  The mirror does not have suite ${suite} (any more).`,
        'Name a mirror that has it: SKEP_DEBIAN_MIRROR=<address ending in /debian>.',
      );
    }
    if (/NO_PUBKEY|not signed|GPG error/.test(stderr)) {
      return new VmError(
        'VM_FETCH',
        message,
        'Update the keys that Debian signs with: apt-get install debian-archive-keyring.',
      );
    }
    if (
      /connection (failed|closed|reset|timed out)|error reading from server|unexpected end|undetermined error/i.test(
        stderr,
      )
    ) {
      return new VmError('VM_FETCH', `${message}\n  The download broke off.`, 'Try again: nothing half done is kept.');
    }
    return new VmError('VM_FETCH', message, 'Check that apt-get update works on this machine, then try again.');
  }
}

/** Everything apt on this machine is told to read; `SKEP_DEBIAN_MIRROR` stands in front. */
export function machineSources(): AptSource[] {
  const sources: AptSource[] = [];
  const mirror = process.env.SKEP_DEBIAN_MIRROR;
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  const folder = '/etc/apt/sources.list.d';
  let files: string[] = [];
  try {
    files = readdirSync(folder).sort();
  } catch {} // a machine with the one file only
  for (const file of files) {
    if (file.endsWith('.sources')) sources.push(...parseDeb822(read(join(folder, file))));
    else if (file.endsWith('.list')) sources.push(...parseOneLine(read(join(folder, file))));
  }
  sources.push(...parseOneLine(read('/etc/apt/sources.list')));
  if (mirror) {
    const keys =
      debianMirrors(sources).archive[0]?.get('signed-by') ?? '/usr/share/keyrings/debian-archive-keyring.gpg';
    return [
      ...parseDeb822(`Types: deb\nURIs: ${mirror}\nSuites: named-updates\nComponents: main\nSigned-By: ${keys}\n`),
      ...sources,
    ];
  }
  return sources;
}

/**
 * The machine's apt settings (a proxy, limits, time-outs) without its folders and hooks, which are about the machine's
 * own lists. Given as APT_CONFIG, which apt reads first: the empty Dir::Etc::parts keeps the machine's files away.
 */
async function privateConfig(folder: string): Promise<string> {
  const dumped = await run(['apt-config', 'dump']);
  const kept = dumped.stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('Acquire::') && !line.startsWith('Acquire::IndexTargets'));
  const own = [
    `Dir::State "${folder}/state";`,
    `Dir::State::status "${folder}/status";`,
    `Dir::Cache "${folder}/cache";`,
    `Dir::Etc::parts "/dev/null";`,
    `Dir::Etc::main "/dev/null";`,
    `Dir::Etc::sourcelist "${folder}/kernel.sources";`,
    `Dir::Etc::sourceparts "/dev/null";`,
    `Dir::Etc::preferences "/dev/null";`,
    `Dir::Etc::preferencesparts "/dev/null";`,
    `APT::Architecture "amd64";`,
    `APT::Architectures { "amd64"; };`,
    // The cache is the user's own folder, where apt's own user has no business.
    `APT::Sandbox::User "";`,
  ];
  return `${[...kept, ...own].join('\n')}\n`;
}
