import { isIPv4, isIPv6 } from 'node:net';
import type { BytesTest } from './bytes.js';

/** Addresses whose first `prefix` bits (of 128) are those of `bytes`. */
export interface Network {
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

/**
 * `10.0.0.1`, `10.0.0.0/8`, `::1`, `fe80::/10` as a network; undefined when it is neither an address nor a network.
 * IPv4 becomes `::ffff:a.b.c.d`, so its prefixes are 96 bits longer.
 */
export function parseNetwork(text: string): Network | undefined {
  const [address, length, ...more] = text.split('/');
  if (more.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  const bytes = addressBytes(address!);
  if (!bytes) return undefined;
  const most = isIPv4(address!) ? 32 : 128;
  const prefix = length === undefined ? most : Number(length);
  return prefix > most ? undefined : { bytes, prefix: 128 - most + prefix };
}

function addressBytes(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...text.split('.').map(Number));
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const plain = text.replace(/\d+\.\d+\.\d+\.\d+$/, (v4) => {
    const [a, b, c, d] = v4.split('.').map(Number);
    return `${((a! << 8) | b!).toString(16)}:${((c! << 8) | d!).toString(16)}`;
  });
  const [left, right] = plain.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const gap = right ? Array<string>(8 - left!.length - right.length).fill('0') : [];
  const groups = [...left!, ...gap, ...(right ?? [])].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The address lies in one of `networks`; bytes that are no address lie in none. */
export function inNetworks(networks: readonly Network[]): BytesTest {
  return (data, start, end) => {
    if (end - start < 16) return false;
    for (const network of networks) if (holdsAt(network, data, start)) return true;
    return false;
  };
}

function holdsAt({ bytes, prefix }: Network, data: Uint8Array, at: number): boolean {
  const whole = prefix >> 3;
  for (let i = 0; i < whole; i++) if (data[at + i] !== bytes[i]) return false;
  const mask = 0xff00 >> (prefix & 7);
  return (prefix & 7) === 0 || ((data[at + whole]! ^ bytes[whole]!) & mask & 0xff) === 0;
}
