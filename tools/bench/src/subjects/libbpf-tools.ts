import { existsSync, readFileSync } from 'node:fs';
import { installed, notInstalled } from './installed.js';
import type { Subject } from './subject.js';

const PACKAGE = 'libbpf-tools';

/**
 * Path of a C tool of libbpf-tools. Debian names them like the tools (`opensnoop`) or `opensnoop-libbpf`; the first is looked up in
 * dpkg's list, because another package's tool may have the name.
 */
export function libbpfTool(name: string): string | undefined {
  return installed(`${name}-libbpf`) ?? (ownsFile(`/usr/sbin/${name}`) ? installed(name) : undefined);
}

function ownsFile(file: string): boolean {
  const list = `/var/lib/dpkg/info/${PACKAGE}.list`;
  return existsSync(list) && readFileSync(list, 'utf8').split('\n').includes(file);
}

/** opensnoop in C. Its C library buffers what goes to a file; `stdbuf` asks for a line at a time. */
export const libbpfTools: Subject = {
  name: 'libbpf-tools (C)',
  isSkep: false,
  missing: () => (libbpfTool('opensnoop') ? undefined : notInstalled(PACKAGE)),
  command: (output) => ({
    argv: [...(output === 'line' ? ['stdbuf', '-oL'] : []), libbpfTool('opensnoop') ?? 'opensnoop'],
  }),
};
