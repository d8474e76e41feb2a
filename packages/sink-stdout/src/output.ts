import { isatty } from 'node:tty';

/** Where the text goes. */
export interface Output {
  /** A terminal: colours and clearing make sense. */
  readonly isTTY: boolean;
  /** Write all of `bytes`; settles when they are no longer needed, rejects with the system's error. */
  write(bytes: Uint8Array): Promise<void>;
}

/** What is used of `process.stdout`. */
interface WritableStream {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * An output over a Node stream. A write settles with the stream's callback, which comes when the system took the
 * bytes: a slow reader of a pipe makes it late without holding up the event loop, and nothing is lost. Files and
 * terminals are written synchronously by Node on Linux: a terminal stopped with Ctrl-S holds up everything until it
 * goes on.
 *
 * Node reports a failed write twice, to the callback and as an `error` event that would end the process unheard; the
 * first error is kept, since those of later writes only say that the stream is gone.
 */
export function streamOutput(stream: WritableStream, isTTY: boolean): Output {
  let broken: Error | undefined;
  stream.on('error', (error) => {
    broken ??= error;
  });
  return {
    isTTY,
    write(bytes) {
      return new Promise((resolve, reject) => {
        if (broken) return reject(broken);
        stream.write(bytes, (error) => {
          if (!error) return resolve();
          broken ??= error;
          reject(broken);
        });
      });
    },
  };
}

let shared: Output | undefined;

/** Standard output; one for the process, however many sinks write to it. */
export function standardOutput(): Output {
  shared ??= streamOutput(process.stdout, isatty(1));
  return shared;
}
