/** Types of sections. */
export const SHT = { SYMTAB: 2, NOBITS: 8, DYNSYM: 11 } as const;
