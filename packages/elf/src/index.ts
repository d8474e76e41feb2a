export { type ByteSource, type FileIdentity, FileSource, MemorySource, readAt } from './byte-source.js';
export { buildId, debugLink } from './debug-info.js';
export { ElfError } from './elf-error.js';
export { addressOf, ElfFile, type ElfSection, type Segment, SHT } from './elf-file.js';
export { type Note, notesOf } from './notes.js';
export { ElfSymbols, STT } from './symbols.js';
export { textAt, viewOf } from './views.js';
