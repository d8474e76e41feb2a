// One-liners of BCC's manual pages and examples, by rounds: tools of a round are attached at the same time. Names of kernel
// functions are those of Linux 6.1. `p` is told the process, `everywhere` sees all of them.
//
// BCC 0.26 gives its uprobes a reference counter of no meaning, so that nobody else can probe a function meanwhile: no two
// runs of a round probe the same one.

const VFS = '^vfs_(read|write|open)$';

export function oneLiners(work) {
  const trace = (name, args, more = {}) => ({ name, tool: 'trace', args, ready: /^PID/m, ...more });
  const funccount = (name, ...args) => ({ name, tool: 'funccount', args, ready: /^Tracing/m });
  // -c and more than one output: an interval may end in the middle of the workload.
  const argdist = (name, args, more = {}) => {
    return { name, tool: 'argdist', args: ['-c', '-i', '4', ...args], ready: /^\[?\d\d:\d\d:\d\d/m, ...more };
  };
  const stackcount = (args, more = {}) => ({
    name: args.join(' '),
    tool: 'stackcount',
    args,
    ready: /^Tracing/m,
    ...more,
  });
  return [
    [
      trace('kernel', [
        '-K',
        '::do_sys_openat2 "%s", arg2@user',
        '::__x64_sys_read (arg3 > 20000) "read %d bytes", arg3',
        '__x64_sys_nanosleep(struct __kernel_timespec *ts) "sleep for %lld ns", ts->tv_nsec',
      ]),
      argdist('kernel', [
        // BCC is not given what the file's members need.
        ...['-I', 'linux/fs.h'],
        ...['-H', 'p::__kmalloc(u64 size):u64:size'],
        ...[
          '-C',
          'p::vfs_read(struct file *file, void *buf, size_t count):char*,size_t:file->f_path.dentry->d_iname,count' +
            ':file->f_path.dentry->d_iname[0]!=0#reads',
        ],
        ...['-H', 'r::vfs_read(void *file, void *buf, size_t count):size_t:$entry(count):$latency > 0#sizes read'],
      ]),
      funccount('vfs_*', 'vfs_*'),
      funccount('-r', '-r', VFS),
      funccount('tcp_send*', 'tcp_send*'),
      funccount('c:malloc', 'c:malloc'),
    ],
    [
      trace(
        'everywhere',
        ['r:/bin/bash:readline "%s", retval', 't:block:block_rq_complete "%d sectors", args->nr_sector'],
        { everywhere: true },
      ),
      argdist('user', [
        ...['-z', '120'],
        ...['-C', 'p:c:malloc(size_t size):size_t:size:size==16'],
        ...['-C', 'p:c:write(int fd):int:fd'],
        ...['-C', 'p:c:fork():int:$PID#fork per process'],
        ...['-C', 'p:c:write(int fd, char* buf, size_t len):char*:buf:fd==1'],
        ...['-H', 'r:c:read()'],
        ...['-H', 'p:c:write(int fd, const void *buf, size_t count):size_t:count:fd==1'],
        ...['-H', 'p:c:sleep(u32 seconds):u32:seconds'],
      ]),
      funccount('tracepoint', 't:sched:sched_process_fork'),
      funccount('-i', '-i', '1', '-r', VFS),
      funccount('-c', '-c', '1', '-r', VFS),
    ],
    [
      trace('user', [
        ':c:malloc "size = %d", arg1',
        // Debian's C library is built without probes: the workload has one like its.
        `u:${work}:pthread_create "%U", arg3`,
        'r:c:read ((int)retval < 0) "read failed: %d", retval',
        'p:c:write (arg1 == 1) "writing %d bytes to STDOUT", arg3',
        'p:c:open (STRCMP("/etc/hostname", arg1)) "opening %s", arg1',
      ]),
      trace('user stack', ['-s', `/lib/x86_64-linux-gnu/libc.so.6,${work}`, 'p:c:inet_pton', '-U']),
      argdist('disk', ['-H', 't:block:block_rq_complete():u32:args->nr_sector'], { everywhere: true }),
      funccount('USDT', `u:${work}:gc*`),
    ],
    [
      stackcount(['-d', 'ip_output']),
      stackcount(['-K', 'submit_bio'], { everywhere: true }),
      stackcount(['tcp_send*']),
      stackcount(['-r', '^tcp_send.*']),
      stackcount(['c:malloc']),
      stackcount([`u:${work}:gc*`]),
      stackcount(['-K', 't:sched:sched_process_fork']),
      stackcount(['-Ti', '5', 'ip_output']),
    ],
  ];
}
