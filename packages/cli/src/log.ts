import type { Log } from '@skep/core';
import { visibleMessage } from './visible.js';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** skep's own log: a line per message on standard error, control characters made visible. */
export function createLog(level: LogLevel): Log {
  const from = LEVELS.indexOf(level);
  const write = (at: LogLevel) => (message: string) => {
    if (LEVELS.indexOf(at) < from) return;
    process.stderr.write(`skep: ${at === 'info' ? '' : `${at}: `}${visibleMessage(message)}\n`);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
