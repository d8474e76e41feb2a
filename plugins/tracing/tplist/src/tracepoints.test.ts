import { expect, it } from 'vitest';
import { eventFields } from './tracepoints.js';

it('reads the members of a format file, without those that all have', () => {
  const format = [
    'name: mark_victim',
    'ID: 413',
    'format:',
    '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;',
    '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;',
    '',
    '\tfield:int pid;\toffset:8;\tsize:4;\tsigned:1;',
    '\tfield:__data_loc char[] comm;\toffset:12;\tsize:4;\tsigned:0;',
    '\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;',
    '',
    'print fmt: "pid=%d field:x;", REC->pid',
  ].join('\n');
  expect(eventFields(format)).toEqual(['int pid', '__data_loc char[] comm', 'unsigned long args[6]']);
});
