import { VmError } from './errors.js';
import { run } from './process.js';

/**
 * The kernel proper out of a bzImage, or undefined when it is packed in a way unknown here.
 *
 * Under emulation the guest takes seconds to unpack itself; the host does it once in a fraction of one. QEMU starts
 * an uncompressed kernel by its PVH entry point, which Debian's kernels have.
 *
 * @see https://docs.kernel.org/arch/x86/boot.html payload_offset and payload_length, boot protocol 2.08
 */
export async function vmlinuxOf(bzImage: Buffer): Promise<Buffer | undefined> {
  const payload = payloadOf(bzImage);
  const unpack = UNPACKERS.find(({ magic }) => payload.subarray(0, magic.length).equals(magic));
  if (unpack === undefined) return undefined;
  // The build appends the unpacked size, which the tools take for garbage; gzip has it in its own format.
  const input = unpack.sizeAppended ? payload.subarray(0, payload.length - 4) : payload;
  const unpacked = await run(unpack.command, { input });
  if (unpacked.status !== 0 || unpacked.stdout.readUInt32BE(0) !== 0x7f454c46) return undefined;
  return unpacked.stdout;
}

const UNPACKERS = [
  { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), command: ['xz', '-dc'], sizeAppended: true },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), command: ['zstd', '-dcq'], sizeAppended: true },
  { magic: Buffer.from([0x1f, 0x8b]), command: ['gzip', '-dc'], sizeAppended: false },
];

function payloadOf(bzImage: Buffer): Buffer {
  if (bzImage.length < 0x260 || bzImage.toString('latin1', 0x202, 0x206) !== 'HdrS') {
    throw new VmError('VM_FETCH', 'the kernel image is no bzImage', 'Fetch it again: vm fetch --update.');
  }
  const setupSectors = bzImage[0x1f1]! || 4;
  const start = (setupSectors + 1) * 512 + bzImage.readUInt32LE(0x248);
  return bzImage.subarray(start, start + bzImage.readUInt32LE(0x24c));
}
