import koffi from 'koffi';

/** syscall(2) with two arguments: what tests make programs run by. */
export const syscall: (number: number, a: number, b: number) => number = koffi
  .load('libc.so.6')
  .func('long syscall(long number, long a, long b)');
