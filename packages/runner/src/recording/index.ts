export type { RecordedSource, RecordedStream, RecordingHeader } from './header.js';
export { Recording } from './record.js';
export { RecordingFile } from './recording-file.js';
export { createReplay, recordedPlugins } from './replay.js';
