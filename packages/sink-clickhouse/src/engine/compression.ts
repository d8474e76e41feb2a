import * as zlib from 'node:zlib';
import type { Capabilities } from '../capabilities.js';

export const CODECS = ['zstd', 'br', 'gzip'] as const;
export type Codec = (typeof CODECS)[number];

/** What the option `compress` may be. */
export const COMPRESSIONS = ['auto', 'none', ...CODECS] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** Options of @clickhouse/client. The levels cost 0.3 to 0.4 CPU seconds per million rows; its own default seven times that. */
export const REQUEST_COMPRESSION = {
  zstd: { codec: 'zstd', level: 1 },
  br: { codec: 'br', quality: 1 },
  gzip: { codec: 'gzip', level: 1 },
} as const;

/**
 * The codecs to try, best first; none when bodies go as they are: to this machine compression costs more than it saves.
 * When a server refuses one (code 89), the next is tried.
 */
export function codecsFor(wanted: Compression, hostname: string, capabilities: Capabilities): readonly Codec[] {
  if (wanted === 'none' || (wanted === 'auto' && isLoopback(hostname))) return [];
  if (wanted !== 'auto') return [wanted, ...CODECS.slice(CODECS.indexOf(wanted) + 1)];
  // Old servers take gzip only, and Node before 22.15 has no zstd.
  const isModern = capabilities.asyncInsertSetting;
  return CODECS.filter((codec) => codec === 'gzip' || (isModern && (codec !== 'zstd' || hasZstd())));
}

export function hasZstd(): boolean {
  return 'createZstdCompress' in zlib;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
