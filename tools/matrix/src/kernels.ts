import { KERNELS } from '@skep/vm';

/** The column of the kernel that runs here, without a guest. */
export const HERE = 'here';

/** Columns in their order: Debian's kernels, oldest first, and the one here. */
export const COLUMNS: readonly string[] = [...KERNELS.map(({ name }) => name), HERE];

/** Kernels that stay what they are; `sid` and the one here move. */
export const FIXED_KERNELS: readonly string[] = KERNELS.filter(({ releasePrefix }) => releasePrefix !== '').map(
  ({ name }) => name,
);
