/** One entry of apt's configuration, in the shape of a deb822 stanza: field names in lower case, values as written. */
export type AptSource = ReadonlyMap<string, string>;

/** The stanzas of a `*.sources` file. Disabled ones and ones without binary packages are left out. */
export function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const block of text.replace(/^#.*\n?/gm, '').split(/\n[ \t]*\n/)) {
    const fields = new Map<string, string>();
    let last = '';
    for (const line of block.split('\n')) {
      if (/^[ \t]/.test(line)) {
        // A continuation: long lists, and keys given in full under Signed-By.
        if (last !== '') fields.set(last, `${fields.get(last)}\n${line}`);
        continue;
      }
      const colon = line.indexOf(':');
      if (colon < 0) continue;
      last = line.slice(0, colon).trim().toLowerCase();
      fields.set(last, line.slice(colon + 1).trim());
    }
    if (!words(fields.get('types')).includes('deb')) continue;
    if (/^(no|false|without|off|disable)$/i.test(fields.get('enabled') ?? '')) continue;
    sources.push(fields);
  }
  return sources;
}

/** The `deb` lines of a `sources.list` file, for example `deb [signed-by=/a.gpg arch=amd64] http://host/debian bookworm main`. */
export function parseOneLine(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.replace(/#.*/, '').trim();
    const match = /^deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*(.*)$/.exec(line);
    if (match === null) continue;
    const [, options = '', uri, suite, components] = match;
    const fields = new Map([
      ['types', 'deb'],
      ['uris', uri!],
      ['suites', suite!],
      ['components', components!],
    ]);
    for (const option of words(options)) {
      const equals = option.indexOf('=');
      if (equals < 0) continue;
      const name = ONE_LINE_NAMES.get(option.slice(0, equals).replace(/[+-]$/, '').toLowerCase());
      if (name !== undefined) fields.set(name, option.slice(equals + 1).replaceAll(',', ' '));
    }
    sources.push(fields);
  }
  return sources;
}

/** Options of a one-line entry that matter when the suite changes; what limits or selects indexes is ours to say. */
const ONE_LINE_NAMES = new Map([
  ['signed-by', 'signed-by'],
  ['trusted', 'trusted'],
  ['check-valid-until', 'check-valid-until'],
  ['allow-insecure', 'allow-insecure'],
]);

export interface DebianMirrors {
  /** The archive itself, the more likely one first. */
  readonly archive: readonly AptSource[];
  readonly security: readonly AptSource[];
}

/**
 * The entries that are mirrors of Debian, told from other archives that borrow its code names.
 *
 * What counts is the path of the address (`/debian`, also behind a proxy's prefix or a snapshot's date), since host
 * names are whatever a site likes; an entry that has `<suite>-updates` or Debian's keyring is one as well.
 */
export function debianMirrors(sources: readonly AptSource[]): DebianMirrors {
  const archive: AptSource[] = [];
  const security: AptSource[] = [];
  for (const source of sources) {
    if (!words(source.get('components')).includes('main')) continue;
    const suites = words(source.get('suites'));
    const path = (words(source.get('uris'))[0] ?? '').replace(/\/+$/, '');
    if (suites.some((suite) => /-security$|\/updates$/.test(suite)) || /\/debian-security(\/|$)/.test(path)) {
      security.push(source);
    } else if (
      /\/debian(\/\d{8}T\d{6}Z)?$/.test(path) ||
      suites.some((suite) => suite.endsWith('-updates')) ||
      (source.get('signed-by') ?? '').includes('debian-archive-keyring')
    ) {
      archive.push(source);
    }
  }
  return { archive, security };
}

/** The same mirror with another suite: the address and the keys stay, everything else is narrowed to kernel packages' needs. */
export function withSuite(source: AptSource, suite: string): string {
  const lines = [
    'Types: deb',
    `URIs: ${source.get('uris')}`,
    `Suites: ${suite}`,
    'Components: main',
    'Architectures: amd64',
    'Targets: Packages',
    'Languages: none',
  ];
  for (const [key, name] of KEPT) {
    const value = source.get(key);
    if (value !== undefined) lines.push(`${name}: ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

const KEPT = [
  ['signed-by', 'Signed-By'],
  ['trusted', 'Trusted'],
  ['check-valid-until', 'Check-Valid-Until'],
  ['allow-insecure', 'Allow-Insecure'],
] as const;

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter(Boolean);
}
