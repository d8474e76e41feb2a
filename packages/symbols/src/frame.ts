import type { FrameStyle } from '@skep/core';

/** What is known of one address of a stack. */
export interface Frame {
  /** The function; undefined when no symbol holds the address. */
  readonly name: string | undefined;
  /** Bytes from the start of the function, or of the module where the function is not known. */
  readonly offset: number;
  /** File name of the program or library, name of a kernel module, `kernel`; undefined when it is not known. */
  readonly module: string | undefined;
  /** Whether the function was inlined into that of the next frame; `offset` says nothing then. */
  readonly isInlined?: boolean;
}

const INLINED = ' (inlined)';

/**
 * `name`, `name (inlined)`, `name [module]` for kernel modules, `[libfoo.so+0x1234]`, `[unknown]`. Equal functions give
 * equal texts.
 */
export function nameOf(frame: Frame, isKernel: boolean): string {
  return named(frame, isKernel, '');
}

/** The same as `name+0x1f`, `name (inlined)`, `name+0x1f [module]`. */
function offsetOf(frame: Frame, isKernel: boolean): string {
  return named(frame, isKernel, `+0x${frame.offset.toString(16)}`);
}

function named({ name, offset, module, isInlined }: Frame, isKernel: boolean, place: string): string {
  if (name === undefined) return module === undefined ? '[unknown]' : `[${plain(module)}+0x${offset.toString(16)}]`;
  const isModule = isKernel && module !== undefined && module !== 'kernel';
  return `${plain(name)}${isInlined ? INLINED : place}${isModule ? ` [${plain(module)}]` : ''}`;
}

/** `name+0x1f [module]`, as BCC's tools print frames, and `name (inlined) [module]`. */
export function placeOf(frame: Frame, isKernel: boolean): string {
  const { name, offset, module, isInlined } = frame;
  if (name === undefined) return nameOf(frame, isKernel);
  const place = isInlined ? INLINED : `+0x${offset.toString(16)}`;
  return `${plain(name)}${place}${module === undefined ? '' : ` [${plain(module)}]`}`;
}

/** A frame in one of the styles. */
export function frameText(frame: Frame, address: bigint, style: FrameStyle, isKernel: boolean): string {
  const hex = address.toString(16);
  switch (style) {
    case 'names':
      return nameOf(frame, isKernel);
    case 'places':
      return placeOf(frame, isKernel);
    case 'addresses':
      return `0x${hex.padStart(16, '0')} ${placeOf(frame, isKernel)}`;
    case 'offsets':
      return offsetOf(frame, isKernel);
    case 'raw-names':
      return `${hex.padEnd(16)} ${nameOf(frame, isKernel)}`;
    case 'raw-offsets':
      return `${hex.padEnd(16)} ${offsetOf(frame, isKernel)}`;
  }
}

/** Stacks are written with `;` between frames, which names (of Java's JIT, of files) may have in them. */
function plain(text: string): string {
  return text.replaceAll(';', ':');
}
