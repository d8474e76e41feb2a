import type { Log } from '@skep/core';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** skep's own log: a line per message on standard error, control characters made visible. */
export function createLog(level: LogLevel): Log {
  const from = LEVELS.indexOf(level);
  const write = (at: LogLevel) => (message: string) => {
    if (LEVELS.indexOf(at) < from) return;
    const text = message.replace(
      /[\x00-\x09\x0b-\x1f\x7f]/g,
      (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
    process.stderr.write(`skep: ${at === 'info' ? '' : `${at}: `}${text}\n`);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
