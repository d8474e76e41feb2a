import { xmlText } from './escape.js';
import type { FrameNode } from './frame-tree.js';
import { SCRIPT } from './script.js';

const WIDTH = 1200;
const ROW = 17;
const TOP = 56;
const BOTTOM = 12;
/** Narrower frames cannot be seen or hit. */
const LEAST = 0.1;
/** Width of a character of the font, about. */
const CHARACTER = 6.6;

export interface Picture {
  readonly title: string;
  /** samples, us */
  readonly unit: string;
  /** Below the title: when, and what is missing. */
  readonly note: string;
}

/**
 * A flame graph as one SVG element: callers below, as wide as their weight; siblings by name. It answers to clicks and
 * searches by a script of its own, and loads nothing.
 */
export function flameSvg(root: FrameNode, { title, unit, note }: Picture): string {
  const frames: string[] = [];
  const depth = draw(root, 0n, 0, root.total, unit, frames);
  const height = TOP + (depth + 1) * ROW + BOTTOM;
  const body = frames.map((frame) => frame.replace(/y="(\d+)"/g, (_, level) => `y="${yOf(Number(level), height)}"`));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" data-width="${WIDTH}" data-total="${root.total}" data-unit="${xmlText(unit)}">
<style>
text { font: 12px monospace; fill: #222; } .title { font-size: 17px; } .f { cursor: pointer; }
.f text { pointer-events: none; transform: translateY(12px); } .f:hover rect { stroke: #222; }
.search, .reset { cursor: pointer; } .note { fill: #777; }
</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${WIDTH / 2}" y="22" text-anchor="middle" class="title">${xmlText(title)}</text>
<text x="${WIDTH / 2}" y="40" text-anchor="middle" class="note">${xmlText(note)}</text>
<text x="10" y="22" class="reset">Reset zoom</text>
<text x="${WIDTH - 10}" y="22" text-anchor="end" class="search">Search</text>
<text x="${WIDTH - 10}" y="40" text-anchor="end" class="matched"></text>
${body.join('\n')}
<script><![CDATA[${SCRIPT}]]></script>
</svg>
`;
}

function yOf(level: number, height: number): number {
  return height - BOTTOM - (level + 1) * ROW;
}

/** Appends the frame and those above it; returns how many levels there are above. */
function draw(node: FrameNode, x: bigint, level: number, all: bigint, unit: string, into: string[]): number {
  const width = scaled(node.total, all);
  if (width < LEAST || all === 0n) return 0;
  const left = scaled(x, all);
  const name = xmlText(node.name);
  const percent = ((Number(node.total) / Number(all)) * 100).toFixed(2);
  const room = Math.floor((width - 6) / CHARACTER);
  const shown = room < 3 ? '' : node.name.length > room ? `${node.name.slice(0, room - 2)}..` : node.name;
  into.push(
    `<g class="f" data-name="${name}" data-x="${x}" data-w="${node.total}" data-d="${level}">` +
      `<title>${name} (${node.total} ${xmlText(unit)}, ${percent}%)</title>` +
      `<rect x="${left.toFixed(1)}" y="${level}" width="${Math.max(width - 0.5, LEAST).toFixed(1)}" height="${ROW - 1}" ` +
      `rx="1" fill="${colorOf(node.name)}"/><text x="${(left + 3).toFixed(1)}" y="${level}">${xmlText(shown)}</text></g>`,
  );
  let above = 0;
  let at = x;
  for (const child of [...node.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    above = Math.max(above, 1 + draw(child, at, level + 1, all, unit, into));
    at += child.total;
  }
  return above;
}

function scaled(value: bigint, all: bigint): number {
  return all === 0n ? 0 : (Number(value) / Number(all)) * WIDTH;
}

/** Equal functions have equal colours, in every picture: warm ones, the kernel's marked ones towards orange. */
function colorOf(name: string): string {
  let hash = 7;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) >>> 0;
  const isKernel = name.endsWith('_[k]');
  const hue = isKernel ? 28 + (hash % 14) : hash % 28;
  return `hsl(${hue} ${70 + (hash % 20)}% ${58 + ((hash >>> 8) % 14)}%)`;
}
