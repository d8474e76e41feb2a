export { type ByteSource, type FileIdentity, FileSource, MemorySource, readAt } from './byte-source.js';
export { buildId, debugLink } from './debug-info.js';
export { ElfError } from './elf-error.js';
export { addressOf, ElfFile, type Segment } from './elf-file.js';
export { type ElfSection, SHT } from './elf-section.js';
export { type Note, notesOf } from './notes.js';
export { sectionData, sectionPart, sectionSize } from './section-data.js';
export { ElfSymbols, STT } from './symbols.js';
export { textAt, viewOf } from './views.js';
