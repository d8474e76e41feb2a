import { testPlugin } from '@skep/testing';

// Two and a half seconds of a program that burns time, sleeps and opens a file: skep record, a snapshot a second.
const file = 'test/places.skeprec';
const frames = ['__libc_start_call_main', 'main', 'burns_here'];

testPlugin(new URL('..', import.meta.url), {
  recordings: [
    {
      file,
      stream: 'samples',
      rows: [6n, 6n, 4n].map((samples) => ({ comm: 'places', pid: 16389, frames, samples })),
    },
    {
      file,
      stream: 'samples',
      options: { folded: true },
      text: [6, 6, 4].map((samples) => `places;${frames.join(';')} ${samples}\n`).join(''),
    },
  ],
  selftest: false,
});
