/** Why a file cannot be read as ELF: a sentence about it, without its name, which only the caller knows. */
export class ElfError extends Error {
  override readonly name = 'ElfError';
}
