import { expect, it } from 'vitest';
import { readFormatFile } from './format-file.js';

it('fields of a format file have names, places and sizes, whatever their types', () => {
  const text = `name: sched_switch
ID: 316
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;

	field:char prev_comm[16];	offset:8;	size:16;	signed:0;
	field:const char * filename;	offset:24;	size:8;	signed:0;
	field:__data_loc char[] msg;	offset:32;	size:4;	signed:0;

print fmt: "prev_comm=%s field:%s", REC->prev_comm
`;
  expect(readFormatFile(text).fields).toEqual([
    { name: 'common_type', offset: 0, size: 2 },
    { name: 'prev_comm', offset: 8, size: 16 },
    { name: 'filename', offset: 24, size: 8 },
    { name: 'msg', offset: 32, size: 4 },
  ]);
});
