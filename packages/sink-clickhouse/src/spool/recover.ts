import { readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BLOCK_SUFFIX, parseBlockName } from './block-name.js';
import { LAYOUT_SUFFIX, type Layout, unpackLayout } from './layout.js';
import { QUARANTINE, REASON_SUFFIX } from './quarantine.js';
import type { SealedBlock } from './sealed-block.js';

/** What earlier runs left in a spool. */
export interface Recovered {
  /** Oldest first. */
  readonly blocks: readonly SealedBlock[];
  /** Files that cannot be shipped, and why. */
  readonly broken: readonly { readonly path: string; readonly layout: string | undefined; readonly reason: string }[];
}

/**
 * Look at what earlier runs left below `folder`. Files that were being written when their run ended are removed: nobody
 * was told that they were kept. So are layouts that no block refers to any more.
 *
 * @param boot of the sink that asks: its own blocks are left alone
 * @param current ids of the layouts that it uses
 */
export async function recover(folder: string, boot: string, current: ReadonlySet<string>): Promise<Recovered> {
  const blocks: SealedBlock[] = [];
  const broken: { path: string; layout: string | undefined; reason: string }[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === QUARANTINE) continue;
    const path = join(folder, entry.name);
    const names = await readdir(path);
    const layouts = await readLayouts(path, names);
    const used = new Set(current);
    for (const name of names) {
      const file = join(path, name);
      if (name.startsWith(boot)) continue;
      if (name.endsWith('.part') || name.endsWith(REASON_SUFFIX)) await unlink(file);
      if (!name.endsWith(BLOCK_SUFFIX)) continue;
      const parsed = parseBlockName(name);
      if (parsed) used.add(parsed.layout);
      const layout = parsed && layouts.get(parsed.layout);
      if (!parsed || !layout) {
        const reason = parsed ? `its layout ${parsed.layout} is missing or damaged` : 'its name is not one of a block';
        broken.push({ path: file, layout: parsed?.layout, reason });
        continue;
      }
      const { size, mtimeMs } = await stat(file);
      blocks.push({ ...parsed, path: file, bytes: size, layout, layoutId: parsed.layout, sealedAtMs: mtimeMs });
    }
    for (const id of layouts.keys()) {
      if (!used.has(id)) await unlink(join(path, `${id}${LAYOUT_SUFFIX}`));
    }
  }
  blocks.sort((a, b) => a.sealedAtMs - b.sealedAtMs || a.sequence - b.sequence);
  return { blocks, broken };
}

async function readLayouts(folder: string, names: readonly string[]): Promise<Map<string, Layout>> {
  const layouts = new Map<string, Layout>();
  for (const name of names) {
    if (!name.endsWith(LAYOUT_SUFFIX)) continue;
    const id = name.slice(0, -LAYOUT_SUFFIX.length);
    const layout = unpackLayout(id, await readFile(join(folder, name), 'utf8'));
    if (layout) layouts.set(id, layout);
  }
  return layouts;
}
