import { xmlText } from './escape.js';
import { flameSvg, type Picture } from './flame-svg.js';
import type { FrameNode } from './frame-tree.js';

/** The same picture in a page of its own. */
export function flameHtml(root: FrameNode, picture: Picture): string {
  // A script of HTML is no CDATA: the marks would be part of it.
  const svg = flameSvg(root, picture).replace('<![CDATA[', '').replace(']]>', '');
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${xmlText(picture.title)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
</head>
<body style="margin: 0">
${svg}</body>
</html>
`;
}
