import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rowsOf } from '@skep/core';
import { batchOf, schemaOf, testProcessor } from '@skep/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { containerOf } from './container.js';
import enrich, { createEnrich } from './index.js';
import { NamesFile } from './names-file.js';
import type { Places } from './places.js';

const folder = mkdtempSync(join(tmpdir(), 'skep-enrich-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const places: Places = {
  passwd: at('passwd'),
  group: at('group'),
  services: at('services'),
  proc: at('proc'),
  podLogs: at('pods'),
};
const context = { name: 'named', folder: '/', log: console };
const ID = `${'c0ffee'.repeat(10)}abcd`;
const UID = '01234567-89ab-cdef-0123-456789abcdef';

writeFileSync(places.passwd, 'root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/:\ntwin:x:1000:1::/:\n# no:x:7:\n');
writeFileSync(places.group, 'root:x:0:\nusers:x:100:ada\n');
writeFileSync(places.services, '# comment\nhttps\t443/tcp\nhttps\t443/udp\nssh 22/tcp # SSH\n');
process_(1, 'init', 0, '0::/init.scope');
process_(20, 'evil) (1 S', 1, '0::/user.slice');
process_(
  300,
  'node',
  20,
  `0::/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-${ID}.scope`,
);
mkdirSync(join(places.podLogs, `shop_web-7d9f_${UID}`), { recursive: true });

function process_(pid: number, comm: string, parent: number, cgroup: string): void {
  const own = join(places.proc, String(pid));
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'stat'), `${pid} (${comm}) S ${parent} 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${pid * 7} 0\n`);
  writeFileSync(join(own, 'cgroup'), `${cgroup}\n`);
}

testProcessor((input) => createEnrich(input, ['user'], places));

describe('enrich', () => {
  const events = schemaOf('events', [
    { name: 'pid' },
    { name: 'uid' },
    { name: 'gid' },
    { name: 'dport', type: 'u16' },
  ]);
  const kinds = ['user', 'group', 'ancestors', 'container', 'pod', 'service'] as const;

  it('adds the names beside the numbers', () => {
    const processor = createEnrich(events, kinds, places)!;
    const batch = batchOf(events, [
      { pid: 300, uid: 1000, gid: 100, dport: 443 },
      { pid: 1, uid: 0, gid: 5, dport: 4 },
      { pid: 999, uid: 77, gid: 0, dport: 22 },
    ]);
    expect(rowsOf(processor.process(batch))).toEqual([
      {
        ...{ pid: 300, uid: 1000, gid: 100, dport: 443, user: 'ada', group: 'users', ancestors: 'init;evil) (1 S' },
        ...{ container_id: ID.slice(0, 12), container_runtime: 'containerd', pod: 'web-7d9f', namespace: 'shop' },
        dport_service: 'https',
      },
      {
        ...{ pid: 1, uid: 0, gid: 5, dport: 4, user: 'root', group: '5', ancestors: '' },
        ...{ container_id: '', container_runtime: '', pod: '', namespace: '', dport_service: '' },
      },
      {
        ...{ pid: 999, uid: 77, gid: 0, dport: 22, user: '77', group: 'root', ancestors: '[gone]' },
        ...{ container_id: '[gone]', container_runtime: '', pod: '', namespace: '', dport_service: 'ssh' },
      },
    ]);
    expect(processor.schema.layout.columns.map(({ field }) => field)).toContain('user');
  });

  it('lets a stream pass that has nothing to look up', () => {
    expect(createEnrich(schemaOf('other', [{ name: 'n' }]), kinds, places)).toBeUndefined();
  });

  it('refuses to add a column that is there', () => {
    const named = schemaOf('named', [{ name: 'uid' }, { name: 'user' }]);
    expect(() => createEnrich(named, ['user'], places)).toThrow('has a column "user" already');
  });

  it('names this very process', () => {
    const processor = enrich.create(events, { add: ['user', 'ancestors'] }, context)!;
    const [row] = rowsOf(processor.process(batchOf(events, [{ pid: process.pid, uid: 0 }])));
    expect(row).toMatchObject({ user: 'root' });
    expect(row!.ancestors).not.toBe('[gone]');
  });
});

describe('a file of names', () => {
  it('is read again when it has changed, and may be missing', () => {
    const path = at('names');
    const pattern = /^(\w+):(\d+)/;
    expect(new NamesFile(path, pattern).name(1)).toBeUndefined();
    writeFileSync(path, 'a:1\n');
    expect(new NamesFile(path, pattern).name(1)).toBe('a');
    writeFileSync(path, 'b:1\n');
    utimesSync(path, 1, 1);
    expect(new NamesFile(path, pattern).name(1)).toBe('b');
  });
});

describe('a container', () => {
  it.each([
    [`0::/system.slice/docker-${ID}.scope`, 'docker', ''],
    [`12:memory:/docker/${ID}`, 'docker', ''],
    [`0::/machine.slice/libpod-${ID}.scope/container`, 'podman', ''],
    [
      `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UID.replaceAll('-', '_')}.slice/crio-${ID}.scope`,
      'cri-o',
      UID,
    ],
    [`0::/kubepods/burstable/pod${UID}/${ID}`, 'containerd', UID],
  ])('is known from %s', (path, containerRuntime, podUid) => {
    expect(containerOf(path)).toEqual({ containerId: ID.slice(0, 12), containerRuntime, podUid });
  });

  it.each(['0::/', '0::/user.slice/user-1000.slice/session-2.scope', '', 'garbage', '0::/docker-short.scope'])(
    'is not seen in "%s"',
    (path) => expect(containerOf(path)).toEqual({ containerId: '', containerRuntime: '', podUid: '' }),
  );
});
