import { fileURLToPath } from 'node:url';
import { defaultValues, type PluginUnderTest, readPlugin } from '@skep/build';
import { rowsOf } from '@skep/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { replayRecording } from './plugin-recordings.js';
import { batchOfRecords, type KernelRecord } from './plugin-records.js';

const folder = fileURLToPath(new URL('../../../plugins/scheduler/profile', import.meta.url));
const test = { file: 'test/places.skeprec', stream: 'samples' };
let profile: PluginUnderTest;
beforeAll(async () => {
  profile = await readPlugin(folder);
});

describe('a recording', () => {
  it('is decoded by the options of the test, in the style that they ask for', async () => {
    const { rows, text } = await replayRecording(profile, test);
    expect(rows[0]?.frames).toEqual(['__libc_start_call_main', 'main', 'burns_here']);
    expect(text).toContain('\n    burns_here+0x1a [places]\n    main+0x15 [places]\n');
    const folded = await replayRecording(profile, { ...test, options: { folded: true } });
    expect(folded.text).toMatch(/^places;__libc_start_call_main;main;burns_here 6\n/);
  });

  it('has no other style of frames than it was made with', async () => {
    await expect(replayRecording(profile, { ...test, options: { address: true } })).rejects.toThrow(
      'frames of stream "samples" were recorded as places, and not as addresses: record it again',
    );
  });

  it('of another plugin, or another stream, is told', async () => {
    await expect(replayRecording({ ...profile, tool: 'other' }, test)).rejects.toThrow('holds no stream "samples"');
    await expect(replayRecording(profile, { ...test, stream: 'others' })).rejects.toThrow('holds no stream "others"');
  });

  it.each([
    ['another size', { size: 48 }, 'struct profile_key had another size'],
    ['a member elsewhere', { shift: 4 }, 'member "pid" of struct profile_key was another'],
  ])('of records with %s is not decoded', async (_, { size, shift = 0 }, message) => {
    const counts = profile.info.snapshots.get('counts')!;
    const members = counts.key.members.map((member) => ({ ...member, offset: member.offset + shift }));
    const key = { ...counts.key, members, size: size ?? counts.key.size };
    const info = { ...profile.info, snapshots: new Map([['counts', { ...counts, key }]]) };
    await expect(replayRecording({ ...profile, info }, test)).rejects.toThrow(message);
  });
});

describe('records of stacks', () => {
  const rows = (records: readonly KernelRecord[], options = {}) =>
    rowsOf(batchOfRecords(profile, 'samples', records, { ...defaultValues(profile.options), ...options }));

  it('have the frames that the test says, the half of the kernel last', () => {
    const record = { pid: 7, comm: 'app', user_stack: ['main', 'read'], kernel_stack: ['do_syscall_64'], samples: 2n };
    expect(rows([record])).toMatchObject([{ pid: 7, frames: ['main', 'read', 'do_syscall_64'], samples: 2n }]);
    expect(rows([record], { annotations: true })).toMatchObject([{ frames: ['main', 'read', 'do_syscall_64_[k]'] }]);
  });

  it('of equal names are one row, and none is a row without frames', () => {
    const record = { pid: 7, comm: 'app', user_stack: ['main'], samples: 2n };
    expect(rows([record, { ...record, samples: 3n }, { pid: 7, comm: 'app', samples: 1n }])).toMatchObject([
      { frames: [], samples: 1n },
      { frames: ['main'], samples: 5n },
    ]);
  });

  it('take nothing but frames or an id', () => {
    expect(() => rows([{ pid: 7, user_stack: 'main', samples: 1n }])).toThrow(/user_stack/);
  });
});
