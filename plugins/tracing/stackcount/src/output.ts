import type { FrameStyle, OptionValues } from '@skep/core';

/** Whether rows are told apart by process: asked for, or there is but one. */
export function hasTasks({ perpid, pid }: OptionValues): boolean {
  return perpid === true || pid !== undefined;
}

/** How frames are written in lists, with -s and -v. */
export function frameStyle({ offset, verbose }: OptionValues): FrameStyle {
  if (verbose === true) return offset === true ? 'raw-offsets' : 'raw-names';
  return offset === true ? 'offsets' : 'names';
}
