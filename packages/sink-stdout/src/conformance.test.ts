import { jsonRows, testSink } from '@skep/testing';
import { createStdoutSink } from './stdout-sink.js';

testSink(() => {
  let text = '';
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const output = {
    isTTY: true,
    // Looks at the bytes only when a slow reader of a pipe would.
    async write(bytes: Uint8Array) {
      await new Promise((resolve) => setImmediate(resolve));
      text += decoder.decode(bytes);
    },
  };
  const sink = createStdoutSink(output, { format: 'json', color: 'always' });
  return { sink, text: () => text, rows: () => jsonRows(text) };
});
