import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';

/** The kernel headers that a program would be compiled against. */
export interface KernelHeaders {
  readonly place: string;
  /** Of the kernel they belong to; undefined when they do not say. */
  readonly release: string | undefined;
}

/** Headers that a kernel with CONFIG_IKHEADERS carries in itself; they are always its own. */
const IN_KERNEL = '/sys/kernel/kheaders.tar.xz';

/**
 * The headers libbcc takes, looked for as it does: `$BCC_KERNEL_SOURCE`, what belongs to the running kernel, what the
 * kernel brings along. Undefined when there are none.
 */
export function findKernelHeaders(environment: NodeJS.ProcessEnv = process.env): KernelHeaders | undefined {
  const given = environment.BCC_KERNEL_SOURCE;
  const installed = `/lib/modules/${release()}/build`;
  const place = [given, installed].find((folder) => folder !== undefined && existsSync(join(folder, 'include')));
  if (place !== undefined) return { place, release: releaseOf(place) };
  return existsSync(IN_KERNEL) ? { place: IN_KERNEL, release: release() } : undefined;
}

function releaseOf(folder: string): string | undefined {
  const file = join(folder, 'include/generated/utsrelease.h');
  return existsSync(file) ? /UTS_RELEASE "([^"]*)"/.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
}

/** What is wrong with headers of another kernel; undefined when they are this one's, or there are none. */
export function headersMismatch(headers: KernelHeaders | undefined, running = release()): string | undefined {
  if (!headers || headers.release === running) return undefined;
  const whose = headers.release === undefined ? 'do not say which kernel they belong to' : `are of ${headers.release}`;
  return `the kernel headers at ${headers.place} ${whose}, this kernel is ${running}: what a program reads from kernel structures may be wrong; arguments of tracepoints are right`;
}

/** What to install for a program to be compiled here. */
export const HEADERS_REMEDY = `install the headers of this kernel: apt-get install linux-headers-${release()} (or use a kernel with CONFIG_IKHEADERS, or name a folder of headers in BCC_KERNEL_SOURCE)`;
