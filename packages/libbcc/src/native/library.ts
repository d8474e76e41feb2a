import { SkepError } from '@skep/core';
import koffi from 'koffi';

/** A table of functions by their C names, made from prototypes. */
export function bind<T>(soname: string, prototypes: readonly string[]): T {
  const lib = open(soname);
  const functions: Record<string, unknown> = {};
  for (const prototype of prototypes) functions[/(\w+)\(/.exec(prototype)![1]!] = lib.func(prototype);
  return functions as T;
}

function open(soname: string): ReturnType<typeof koffi.load> {
  try {
    return koffi.load(soname);
  } catch (cause) {
    const remedy = 'install it: apt-get install libbpfcc';
    throw new SkepError('SKEP_LIBRARY', `${soname} cannot be loaded`, remedy, { cause });
  }
}

/** The C string at `address`; '' for NULL. */
export function textAt(address: bigint | null): string {
  return address === null ? '' : (koffi.decode(address, 'char', -1) as string);
}

/** A copy of the bytes at `address`. */
export function bytesAt(address: bigint, length: number): Uint8Array {
  return new Uint8Array(koffi.view(address, length)).slice();
}
