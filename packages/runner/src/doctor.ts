import { existsSync, readdirSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { type ErrorCode, isSkepError } from '@skep/core';
import { findKernelHeaders, HEADERS_REMEDY, headersMismatch } from '@skep/libbcc/headers';
import { findTracefs, isTracefsMounted, libbpf, lockdownMode } from '@skep/libbpf';
import { lackingCapabilities } from './privilege.js';

/** One thing `skep doctor` looked at. `missing` keeps tools from running; `warning` limits some of them. */
export interface Finding {
  readonly state: 'ok' | 'warning' | 'missing';
  /** The machine, or one of the tools on it. */
  readonly about: 'machine' | 'tool';
  readonly name: string;
  readonly text: string;
  readonly remedy: string;
  /** What a command that needs it fails with; only of what is missing. */
  readonly code?: ErrorCode;
}

/** Look at this machine; reads files only, so it needs no privilege. */
export async function examine(): Promise<Finding[]> {
  return [
    kernel(),
    btf(),
    privilege(),
    lockdown(),
    tracefs(),
    libbpfLibrary(),
    libbcc(),
    headers(),
    clang(),
    zstd(),
    node(),
  ];
}

const ok = (name: string, text: string): Finding => ({
  state: 'ok',
  about: 'machine',
  name,
  text,
  remedy: '',
});
const warning = (name: string, text: string, remedy: string): Finding => ({
  state: 'warning',
  about: 'machine',
  name,
  text,
  remedy,
});
const missing = (name: string, text: string, remedy: string, code: ErrorCode): Finding => ({
  state: 'missing',
  about: 'machine',
  name,
  text,
  remedy,
  code,
});

function kernel(): Finding {
  const version = release();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 5 || (major === 5 && minor >= 10)) return ok('kernel', version);
  return missing(
    'kernel',
    `${version} is older than 5.10`,
    'use a kernel from 5.10 on: ring buffers need 5.8',
    'SKEP_ATTACH',
  );
}

function btf(): Finding {
  const file = '/sys/kernel/btf/vmlinux';
  if (existsSync(file)) return ok('BTF', `${file}, ${Math.round(statSync(file).size / 1024)} KiB`);
  return missing('BTF', `no ${file}`, 'use a kernel with CONFIG_DEBUG_INFO_BTF=y', 'SKEP_NO_BTF');
}

function privilege(): Finding {
  const lacking = lackingCapabilities();
  if (lacking.length === 0) return ok('privilege', process.getuid?.() === 0 ? 'root' : 'CAP_BPF, CAP_PERFMON');
  return missing(
    'privilege',
    `lacks ${lacking.join(' and ')}`,
    'run as root, or with capabilities: skep explain <tool> prints which and how',
    'SKEP_PERMISSION',
  );
}

function lockdown(): Finding {
  const mode = lockdownMode();
  if (mode === undefined) return ok('lockdown', 'not reported by this kernel (securityfs is not mounted)');
  if (mode !== 'confidentiality') return ok('lockdown', mode);
  return missing(
    'lockdown',
    'confidentiality: programs may not read kernel memory',
    'boot with lockdown=integrity or none',
    'SKEP_PERMISSION',
  );
}

function tracefs(): Finding {
  const folder = findTracefs();
  if (folder !== undefined) return ok('tracefs', folder);
  if (process.getuid?.() === 0) return ok('tracefs', 'not mounted yet; skep mounts it when a tool needs it');
  if (isTracefsMounted()) {
    return warning('tracefs', 'not readable by this user: tools that use tracepoints cannot attach', 'run as root');
  }
  const remedy = 'as root: mount -t tracefs tracefs /sys/kernel/tracing';
  return warning('tracefs', 'not mounted: tools that use tracepoints cannot attach', remedy);
}

function libbpfLibrary(): Finding {
  try {
    return ok('libbpf', libbpf().libbpf_version_string());
  } catch (error) {
    if (!isSkepError(error)) throw error;
    return missing('libbpf', error.message, error.remedy, error.code);
  }
}

const LIBRARY_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];

function findLibbcc(): string | undefined {
  return LIBRARY_FOLDERS.filter(existsSync)
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .find((path) => /libbcc\.so\.\d+$/.test(path));
}

/** What programs that are compiled at run time lack on this machine; undefined: nothing. */
export function compilerLacks(): string | undefined {
  if (findLibbcc() === undefined) return 'libbcc';
  return findKernelHeaders() ? undefined : 'kernel headers';
}

function libbcc(): Finding {
  const found = findLibbcc();
  if (found !== undefined) return ok('libbcc', found);
  return warning('libbcc', 'not installed: programs compiled at run time cannot be used', 'apt-get install libbpfcc');
}

function headers(): Finding {
  const found = findKernelHeaders();
  if (!found) {
    return warning('headers', 'no kernel headers: programs compiled at run time cannot be used', HEADERS_REMEDY);
  }
  const mismatch = headersMismatch(found);
  if (mismatch === undefined) return ok('headers', found.place);
  return warning('headers', mismatch, `apt-get install linux-headers-${release()}`);
}

function onPath(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

function clang(): Finding {
  const path = onPath('clang');
  return path !== undefined
    ? ok('clang', path)
    : warning('clang', 'not installed: plugins cannot be built here', 'apt-get install clang llvm');
}

function zstd(): Finding {
  const path = onPath('zstd');
  return path !== undefined
    ? ok('zstd', path)
    : warning('zstd', 'not installed: files cannot be compressed with zstd', 'apt-get install zstd');
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return ok('Node.js', process.version);
  return missing('Node.js', `${process.version} is older than 20.19`, 'install Node.js 20.19 or newer', 'SKEP_LIBRARY');
}
