import { errorText } from './native/libc.js';

export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const E2BIG = 7;
export const EAGAIN = 11;
export const EACCES = 13;
export const EINVAL = 22;
export const ENOSPC = 28;

const NAMES: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  3: 'ESRCH',
  7: 'E2BIG',
  9: 'EBADF',
  12: 'ENOMEM',
  13: 'EACCES',
  16: 'EBUSY',
  19: 'ENODEV',
  22: 'EINVAL',
  28: 'ENOSPC',
  38: 'ENOSYS',
  95: 'EOPNOTSUPP',
  524: 'ENOTSUPP',
};

/** `ENOENT (No such file or directory)`. */
export function describeErrno(error: number): string {
  const code = Math.abs(error);
  const name = NAMES[code] ?? `errno ${code}`;
  return code === 524 ? 'ENOTSUPP (not supported by this kernel)' : `${name} (${errorText(code)})`;
}
