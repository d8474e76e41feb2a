import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';
import { BLOCK_HEAD_BYTES } from './format.js';

const deflate = promisify(deflateRaw) as (data: Uint8Array) => Promise<Buffer>;

/** One block of the file. */
export async function block(data: Uint8Array): Promise<Buffer> {
  const payload = await deflate(data);
  const head = Buffer.alloc(BLOCK_HEAD_BYTES);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(data.length, 4);
  head.writeUInt32LE(crc32(payload), 8);
  return Buffer.concat([head, payload]);
}
