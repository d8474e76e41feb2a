import { describe, expect, it } from 'vitest';
import { debianMirrors, parseDeb822, parseOneLine, withSuite } from './apt-sources.js';

const CONTAINER = `Types: deb
# http://snapshot.example.org/archive/debian/20250520T000000Z
URIs: http://mirror.example.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

const uris = (sources: readonly ReadonlyMap<string, string>[]) => sources.map((source) => source.get('uris'));

describe('parseDeb822', () => {
  it('reads stanzas and skips comments inside them', () => {
    const [archive, security] = parseDeb822(CONTAINER);
    expect(archive!.get('uris')).toBe('http://mirror.example.org/debian');
    expect(archive!.get('suites')).toBe('bookworm bookworm-updates');
    expect(security!.get('suites')).toBe('bookworm-security');
  });

  it('keeps a key that is written out under Signed-By, line for line', () => {
    const text = `Types: deb deb-src
URIs: https://mirror.example.org/debian/
Suites: trixie
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBGPL0BUBEADmW5NdOOHwPIJlgPu6JDcKw/NZJPR8lsD3K87ZM18gzyQZJD+w
 -----END PGP PUBLIC KEY BLOCK-----
`;
    const [source] = parseDeb822(text);
    expect(withSuite(source!, 'sid')).toContain(
      'Signed-By: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBGPL0BUBEADmW5NdOOHwPIJlgPu6JDcKw',
    );
  });

  it('leaves out what is disabled and what has sources only', () => {
    expect(parseDeb822('Enabled: no\nTypes: deb\nURIs: http://a/debian\nSuites: sid\nComponents: main\n')).toEqual([]);
    expect(parseDeb822('Types: deb-src\nURIs: http://a/debian\nSuites: sid\nComponents: main\n')).toEqual([]);
  });
});

describe('parseOneLine', () => {
  it('reads options, and skips comments and deb-src', () => {
    const sources = parseOneLine(`# generated
deb [ arch=amd64,arm64 signed-by=/usr/share/keyrings/a.gpg ] http://mirror.example.org/debian bookworm main contrib # the archive
deb-src http://mirror.example.org/debian bookworm main
#deb http://mirror.example.org/debian sid main
deb http://mirror.example.org/debian bookworm-updates main
`);
    expect(sources.map((source) => source.get('suites'))).toEqual(['bookworm', 'bookworm-updates']);
    expect(sources[0]!.get('signed-by')).toBe('/usr/share/keyrings/a.gpg');
    expect(sources[0]!.get('components')).toBe('main contrib');
  });
});

describe('debianMirrors', () => {
  it('tells the archive from the security archive', () => {
    const { archive, security } = debianMirrors(parseDeb822(CONTAINER));
    expect(uris(archive)).toEqual(['http://mirror.example.org/debian']);
    expect(uris(security)).toEqual(['http://mirror.example.org/debian-security']);
  });

  it('is not taken in by other archives that name their suites after Debian’s', () => {
    const others = parseOneLine(`deb https://apt.example.com/linux/debian/12/prod bookworm main
deb https://apt.example.org/pub/repos/apt bookworm-pgdg main
deb https://deb.example.com/node_20.x nodistro main
deb https://download.example.com/linux/debian bookworm stable
`);
    expect(debianMirrors(others)).toEqual({ archive: [], security: [] });
  });

  it('knows snapshots, prefixes of proxies and mirrors at a path of their own', () => {
    const sources = parseOneLine(`deb http://proxy.example.org:3142/ftp.example.org/debian/ bookworm main
deb http://snapshot.example.org/archive/debian/20250520T000000Z bookworm main
deb http://repo.example.org/mirrors/deb12 bookworm-updates main
deb http://repo.example.org/mirrors/sec bookworm-security main
`);
    const { archive, security } = debianMirrors(sources);
    expect(archive).toHaveLength(3);
    expect(uris(security)).toEqual(['http://repo.example.org/mirrors/sec']);
  });
});

describe('withSuite', () => {
  it('changes the suite and keeps address and keys', () => {
    expect(withSuite(parseDeb822(CONTAINER)[0]!, 'bookworm-backports')).toBe(`Types: deb
URIs: http://mirror.example.org/debian
Suites: bookworm-backports
Components: main
Architectures: amd64
Targets: Packages
Languages: none
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`);
  });
});
