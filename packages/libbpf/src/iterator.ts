import { closeSync, readFileSync } from 'node:fs';
import { SkepError } from '@skep/core';
import type { Link } from './attach.js';
import { describeErrno } from './errno.js';
import { libbpf } from './native/libbpf.js';

/**
 * Run an attached `iter/...` program once over all its objects, and give the bytes it wrote with bpf_seq_write().
 *
 * @throws SkepError SKEP_ATTACH when the kernel refuses.
 * @see https://docs.kernel.org/bpf/bpf_iterators.html (Linux 5.8)
 */
export function readIterator(link: Link): Buffer {
  const fd = libbpf().bpf_iter_create(link.fd);
  if (fd < 0) throw new SkepError('SKEP_ATTACH', `cannot run the iterator: ${describeErrno(fd)}`);
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}
