/** Types of sections. */
export const SHT = { SYMTAB: 2, NOBITS: 8, DYNSYM: 11 } as const;

/** A section of a file; its bytes are read when they are asked for. */
export interface ElfSection {
  /** '' when the table of names is damaged. */
  readonly name: string;
  readonly index: number;
  /** Of SHT, or another number. */
  readonly type: number;
  readonly isCode: boolean;
  /** Whether its bytes in the file are compressed; `size` is theirs then. */
  readonly isCompressed: boolean;
  /** Where it lies in the running program; 0 when it does not. */
  readonly address: number;
  /** From the start of the file, in bytes. */
  readonly offset: number;
  readonly size: number;
  /** Of symbols: the section of their names. */
  readonly link: number;
  /** Of relocations: the section they apply to. */
  readonly info: number;
}
