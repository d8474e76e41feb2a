import { isSkepError, type Log, type SkepError, SkepErrors } from '@skep/core';
import { findKernelHeaders, HEADERS_REMEDY, headersMismatch } from '@skep/libbcc/headers';
import { KernelHost } from './agent/kernel-host.js';
import type { Config } from './config/config.js';

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Compile the programs of a configuration, without attaching them: what is worth saying besides, such as that they could
 * not be compiled here.
 *
 * @throws SkepErrors every program's mistakes, with their places.
 */
export async function checkPrograms(config: Config): Promise<string[]> {
  const instances = config.plugins.filter(({ program }) => program !== undefined);
  if (instances.length === 0) return [];
  const names = instances.map(({ name }) => name).join(', ');
  if (process.getuid?.() !== 0) return [`not compiled: ${names} (compiling makes tables in the kernel: run as root)`];
  const headers = findKernelHeaders();
  if (!headers) return [`not compiled: ${names} (${HEADERS_REMEDY})`];
  const host = new KernelHost(SILENT);
  const problems: SkepError[] = [];
  for (const instance of instances) {
    const probe = await host.probeOf(instance, { everyMs: undefined });
    try {
      await probe.open();
    } catch (error) {
      if (!isSkepError(error)) throw error;
      problems.push(...('errors' in error ? (error as SkepErrors).errors : [error]));
    } finally {
      await probe.close();
    }
  }
  await host.close();
  if (problems.length > 0) throw problems.length === 1 ? problems[0] : new SkepErrors(problems);
  const mismatch = headersMismatch(headers);
  return [`compiled, not attached: ${names}`, ...(mismatch === undefined ? [] : [mismatch])];
}
