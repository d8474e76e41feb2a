import { testPlugin } from '@skep/testing';

// Two seconds of a program that burns time, sleeps and opens a file: skep record with offset and a least time of 10 ms.
const file = 'test/places.skeprec';
const TABLE = `Tracing off-CPU time (us) of PID [16116] by user + kernel stack... Hit Ctrl-C to end.

    __schedule+0x628 [kernel]
    schedule+0x23 [kernel]
    do_nanosleep+0x5e [kernel]
    hrtimer_nanosleep+0xb5 [kernel]
    common_nsleep+0x30 [kernel]
    __x64_sys_clock_nanosleep+0xde [kernel]
    do_syscall_64+0x71 [kernel]
    entry_SYSCALL_64_after_hwframe+0x76 [kernel]
    clock_nanosleep@GLIBC_2.2.5+0x23 [libc.so.6]
    sleeps_here+0x9 [places]
    main+0x1a [places]
    __libc_start_call_main+0x7a [libc.so.6]
    -                places (16116)
        1477749

`;
const user = ['__libc_start_call_main', 'main', 'sleeps_here', 'clock_nanosleep@GLIBC_2.2.5'];
const kernel = [
  ...['entry_SYSCALL_64_after_hwframe', 'do_syscall_64', '__x64_sys_clock_nanosleep', 'common_nsleep'],
  ...['hrtimer_nanosleep', 'do_nanosleep', 'schedule', '__schedule'],
];
const row = { comm: 'places', pid: 16116, tid: 16116, total_us: 1_477_749n };

testPlugin(new URL('..', import.meta.url), {
  recordings: [
    { file, stream: 'blocked', rows: [{ ...row, frames: [...user, ...kernel] }], text: TABLE },
    {
      file,
      stream: 'blocked',
      options: { delimited: true, folded: true },
      rows: [{ ...row, frames: [...user, '-', ...kernel] }],
      text: `places;${[...user, '-', ...kernel].join(';')} 1477749\n`,
    },
  ],
  selftest: false,
});
