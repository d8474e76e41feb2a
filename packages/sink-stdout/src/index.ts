export { isBrokenPipe } from './broken-pipe.js';
export { default } from './definition.js';
export { type Output, standardOutput } from './output.js';
export { createStdoutSink, type StdoutOptions } from './stdout-sink.js';
