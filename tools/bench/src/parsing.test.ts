import { describe, expect, it } from 'vitest';
import { parseDrain } from './consumers/protocol.js';
import { sumCpuTimes } from './cpu.js';
import { reportedLosses } from './losses.js';
import { kilobytesOf, mapOf } from './memory.js';
import { parseStat } from './process-tree.js';
import { parseStorm } from './storm.js';

describe('reportedLosses', () => {
  it.each([
    ['Lost 48107 events', 48107], // bpftrace
    ['Lost 49210 events on CPU #0!', 49210], // libbpf-tools
    ['Possibly lost 35306 samples\nPossibly lost 13108 samples\n', 48414], // BCC
    ['skep: opens: 103662 attempted = 55925 delivered + 47737 lost (47737 ring full)', 47737],
    ['4711   lost 3 /etc/lost events', 0],
    ['', 0],
  ])('of %j is %d', (text, lost) => {
    expect(reportedLosses(text)).toBe(lost);
  });
});

it('parseStat counts members from the end of a name that holds blanks and parentheses', () => {
  const text = '42 (a) S 1 (b)) S 7 42 42 0 -1 4194560 1 0 0 0 10 20 3 4 20 0 1 0 99 0 0';
  expect(parseStat(text)).toEqual({ ppid: 7, childTicks: 7 });
});

it('sumCpuTimes adds what each line says', () => {
  expect(sumCpuTimes('12 1000\n13 234\n')).toBe(1234);
});

it('kilobytesOf reads one member of smaps_rollup in bytes, and not another whose name begins like it', () => {
  const text =
    '0-1 ---p 0 00:00 0 [rollup]\nRss:               12 kB\nPss_Dirty:          3 kB\nPss:                5 kB\n';
  expect(kilobytesOf('Pss', text)).toBe(5 * 1024);
  expect(kilobytesOf('Swap', text)).toBe(0);
});

it('mapOf tells a map from other descriptors', () => {
  expect(mapOf('pos:\t0\nmap_type:\t27\nmemlock:\t4096\nmap_id:\t17\n')).toEqual({ id: 17, bytes: 4096 });
  expect(mapOf('pos:\t0\nprog_type:\t5\nprog_id:\t17\nmemlock:\t4096\n')).toBeUndefined();
});

it('parseStorm finds the report behind the first line', () => {
  const output = 'pid 7\n{"opened":9,"failed":0,"elapsedNs":5,"userNs":1,"systemNs":2,"behind":0}\n';
  expect(parseStorm(output).opened).toBe(9);
});

it('parseStorm throws when the storm was stopped', () => {
  expect(() => parseStorm('pid 7\n')).toThrow('no report');
});

it('parseDrain refuses a report with a member missing', () => {
  expect(() => parseDrain('{"events":1,"batches":1,"bytes":2,"drainNs":3}')).toThrow('no cpuNs');
});
