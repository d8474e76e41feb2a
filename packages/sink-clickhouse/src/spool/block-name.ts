/** What the name of a sealed file says; with its layout, all that is needed to ship it. */
export interface BlockName {
  /** Of the sink that sealed it, 16 hex digits. */
  readonly boot: string;
  /** Sequence number of its first row. */
  readonly sequence: number;
  readonly rows: number;
  /** CRC-32 of the whole file. */
  readonly checksum: number;
  /** Id of the layout, 16 hex digits. */
  readonly layout: string;
}

export const BLOCK_SUFFIX = '.native';
const NAME = /^([0-9a-f]{16})-(\d{15})-(\d{1,9})-([0-9a-f]{8})-([0-9a-f]{16})\.native$/;

export function blockName({ boot, sequence, rows, checksum, layout }: BlockName): string {
  const start = String(sequence).padStart(15, '0');
  return `${boot}-${start}-${rows}-${checksum.toString(16).padStart(8, '0')}-${layout}${BLOCK_SUFFIX}`;
}

export function parseBlockName(name: string): BlockName | undefined {
  const [, boot, sequence, rows, checksum, layout] = NAME.exec(name) ?? [];
  if (!boot || !sequence || !rows || !checksum || !layout) return undefined;
  return { boot, sequence: Number(sequence), rows: Number(rows), checksum: Number.parseInt(checksum, 16), layout };
}
