import { expect, it } from 'vitest';
import { parseTraceLine } from './trace-pipe.js';

it.each([
  [
    '            bash-2123    [001] d..31  5678.901234: bpf_trace_printk: Hello, World!',
    { comm: 'bash', pid: 2123, cpu: 1, flags: 'd..31', time: 5678.901234, message: 'Hello, World!' },
  ],
  [
    ' my-odd name 1:2-7       [000] ....     1.000001: bpf_trace_printk: a: b',
    { comm: 'my-odd name 1:2', pid: 7, cpu: 0, flags: '....', time: 1.000001, message: 'a: b' },
  ],
  [
    '           <...>-99      (-------) [003] ...1    12.500000: 0x00000001: x',
    { comm: '<...>', pid: 99, cpu: 3, flags: '...1', time: 12.5, message: 'x' },
  ],
])('a line of trace_pipe has its parts: %s', (line, fields) => {
  expect(parseTraceLine(line)).toEqual(fields);
});

it.each(['CPU:1 [LOST 23 EVENTS]', '', '# tracer: nop'])('a line that is none is left out: %j', (line) => {
  expect(parseTraceLine(line)).toBeUndefined();
});
