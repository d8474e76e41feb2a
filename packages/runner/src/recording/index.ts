export type { RecordedSource, RecordedStream, RecordingHeader, ReplayPlan, RowsPlan } from './header.js';
export { type LiveOutput, Recording } from './record.js';
export { RecordingFile } from './recording-file.js';
export { createReplay, recordedPlugins } from './replay.js';
export { replayBatches } from './replay-batches.js';
export type { ReplaySettings } from './replay-host.js';
