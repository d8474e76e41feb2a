import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder, writeFiles } from '../../test/fake-packages.js';
import { createFindAccount, createFindUser } from './users.js';

const folder = temporaryFolder();
writeFiles(folder, {
  passwd: 'root:x:0:0:root:/root:/bin/sh\n#daemon\nskep:x:990:991::/:\nskep:x:1:1::/:\nbad:x:y:z\n',
});
const file = join(folder, 'passwd');

it('finds accounts by name and by uid, with their groups', () => {
  const find = createFindAccount(file);
  expect(find('skep')).toEqual({ name: 'skep', uid: 990, gid: 991 });
  expect([find(990), find('990')]).toEqual([find('skep'), find('skep')]);
});

it('gives an unknown uid the group of its number, and an unknown name nothing', () => {
  const find = createFindAccount(file);
  expect(find(4711)).toEqual({ name: undefined, uid: 4711, gid: 4711 });
  expect([find('nobody'), find('bad'), find('#daemon')]).toEqual([undefined, undefined, undefined]);
});

it('takes the first line of a name, and no file for one without names', () => {
  expect(createFindUser(file)('skep')).toBe(990);
  expect(createFindUser(join(folder, 'none'))('root')).toBeUndefined();
  expect(createFindAccount(join(folder, 'none'))(7)).toEqual({ name: undefined, uid: 7, gid: 7 });
});
