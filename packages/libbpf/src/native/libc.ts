import koffi from 'koffi';

/** The C library's functions under their C names. Loaded at first use: decoding and replay need none of it. */
export interface Libc {
  mmap(address: bigint | null, length: number, prot: number, flags: number, fd: number, offset: number): bigint | null;
  munmap(address: bigint, length: number): number;
  close: ((fd: number) => number) & { async(fd: number, done: (error: unknown, result: number) => void): void };
  clock_gettime(clock: number, time: BigInt64Array): number;
  vasprintf(text: (bigint | null)[], format: bigint, args: bigint): number;
  malloc(bytes: number): bigint | null;
  free(address: bigint): void;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, op: number, fd: number, event: Uint8Array): number;
  epoll_wait: ((epoll: number, events: Uint8Array, max: number, timeoutMs: number) => number) & {
    async(
      epoll: number,
      events: Uint8Array,
      max: number,
      timeoutMs: number,
      done: (error: unknown, result: number) => void,
    ): void;
  };
  eventfd(initial: number, flags: number): number;
  write(fd: number, bytes: Uint8Array, length: number): number;
  syscall: (number: number, a: number, b: number, c: number) => number;
  perf_event_open(number: number, attr: Uint8Array, pid: number, cpu: number, group: number, flags: number): number;
  bpf(number: number, command: number, attr: Uint8Array, size: number): number;
  ioctl(fd: number, request: number, argument: number): number;
  membarrier: {
    async(number: number, a: number, b: number, c: number, done: (error: unknown, result: number) => void): void;
  };
  mount(source: string, target: string, type: string, flags: number, data: null): number;
  mprotect(address: bigint, length: number, prot: number): number;
  rt_sigaction(number: number, signal: number, action: BigUint64Array, before: BigUint64Array, size: number): number;
  capget(header: Uint32Array, data: Uint32Array): number;
  capset(header: Uint32Array, data: Uint32Array): number;
  strerror(error: number): string;
  sysconf(name: number): number;
}

let loaded: Libc | undefined;

export function libc(): Libc {
  if (loaded) return loaded;
  const lib = koffi.load('libc.so.6');
  const syscall = lib.func('long syscall(long number, long a, long b, long c)');
  loaded = {
    mmap: lib.func('void *mmap(void *addr, size_t length, int prot, int flags, int fd, long offset)'),
    munmap: lib.func('int munmap(void *addr, size_t length)'),
    close: lib.func('int close(int fd)'),
    clock_gettime: lib.func('int clock_gettime(int clockid, _Out_ int64_t *tp)'),
    vasprintf: lib.func('int vasprintf(_Out_ void **strp, void *fmt, void *ap)'),
    malloc: lib.func('void *malloc(size_t size)'),
    free: lib.func('void free(void *ptr)'),
    epoll_create1: lib.func('int epoll_create1(int flags)'),
    epoll_ctl: lib.func('int epoll_ctl(int epfd, int op, int fd, void *event)'),
    epoll_wait: lib.func('int epoll_wait(int epfd, void *events, int maxevents, int timeout)'),
    eventfd: lib.func('int eventfd(unsigned int initval, int flags)'),
    write: lib.func('long write(int fd, const void *buf, size_t count)'),
    syscall,
    ioctl: lib.func('int ioctl(int fd, unsigned long request, long argument)'),
    membarrier: syscall,
    perf_event_open: lib.func('long syscall(long number, void *attr, int pid, int cpu, int group, long flags)'),
    bpf: lib.func('long syscall(long number, int cmd, void *attr, unsigned int size)'),
    mount: lib.func(
      'int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)',
    ),
    mprotect: lib.func('int mprotect(void *addr, size_t length, int prot)'),
    rt_sigaction: lib.func(
      'long syscall(long number, long signum, const void *act, _Out_ uint64_t *oldact, long size)',
    ),
    capget: lib.func('int capget(const void *hdrp, _Out_ uint32_t *datap)'),
    capset: lib.func('int capset(const void *hdrp, const void *datap)'),
    strerror: lib.func('const char *strerror(int errnum)'),
    sysconf: lib.func('long sysconf(int name)'),
  } as unknown as Libc;
  return loaded;
}

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;
export const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 1;
/** Edge triggered: a ring's poll() says readable whenever it holds data, and skep wants to be woken by its half only. */
export const EPOLLET = 0x80000000;
export const EPOLL_CLOEXEC = 0o2000000;
export const EFD_CLOEXEC = 0o2000000;
export const EFD_NONBLOCK = 0o4000;

const SC_PAGESIZE = 30;

/** Bytes of a page: 4096 on x86-64, up to 64 KiB on arm64. */
export function pageSize(): number {
  return libc().sysconf(SC_PAGESIZE);
}

const CLOCK_REALTIME = 0;
const CLOCK_BOOTTIME = 7;

export function closeFd(fd: number): void {
  libc().close(fd);
}

/** `errno` of the last call on this thread. */
export function errno(): number {
  return koffi.errno();
}

/** The words of strerror(3), such as `Operation not permitted`. */
export function errorText(error: number): string {
  return libc().strerror(Math.abs(error));
}

/** Nanoseconds between boot and the epoch, as of now: what a boot-time stamp needs to become a wall-clock one. */
export function bootOffsetNs(): bigint {
  const boot = clock(CLOCK_BOOTTIME);
  return clock(CLOCK_REALTIME) - boot;
}

function clock(id: number): bigint {
  const time = new BigInt64Array(2);
  libc().clock_gettime(id, time);
  return time[0]! * 1_000_000_000n + time[1]!;
}

/**
 * Call `use` with memory of the C heap that lives as long as the call.
 *
 * @throws Error when there is none left.
 */
export function withMemory<T>(bytes: number, use: (address: bigint, memory: Uint8Array<ArrayBuffer>) => T): T {
  const address = libc().malloc(bytes);
  if (address === null) throw new Error(`no ${bytes} bytes of memory left`);
  try {
    const memory = new Uint8Array(viewMemory(address, bytes));
    memory.fill(0);
    return use(address, memory);
  } finally {
    libc().free(address);
  }
}

/** The mapped memory at `address`, without copying. It must not be touched after munmap. */
export function viewMemory(address: bigint, length: number): ArrayBuffer {
  return koffi.view(address, length);
}

/** Map `length` bytes of `fd` from `offset`; undefined when the kernel refuses (see `errno()`). */
export function mapMemory(fd: number, length: number, prot: number, offset: number): bigint | undefined {
  return mapped(libc().mmap(null, length, prot, MAP_SHARED, fd, offset));
}

/** Memory of this process, zeroed, to read and write; undefined when there is none (see `errno()`). */
export function mapAnonymous(length: number): bigint | undefined {
  return mapped(libc().mmap(null, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

function mapped(address: bigint | null): bigint | undefined {
  return address === null || address === 0xffffffffffffffffn || address === -1n ? undefined : address;
}

const SYS_membarrier: Readonly<Record<string, number>> = { x64: 324, arm64: 283 };
const MEMBARRIER_CMD_GLOBAL = 1;

/**
 * Wait, on a worker thread, until every BPF program that was running has ended: a grace period of RCU.
 * @see membarrier(2), MEMBARRIER_CMD_GLOBAL (Linux 4.3)
 */
export function rcuGracePeriod(): Promise<void> {
  return new Promise((resolve) => {
    const number = SYS_membarrier[process.arch];
    // A kernel that cannot (nohz_full) is given a time that no tracing program can outlast.
    const fallback = () => setTimeout(resolve, 50);
    if (number === undefined) fallback();
    else
      libc().membarrier.async(number, MEMBARRIER_CMD_GLOBAL, 0, 0, (_, result) =>
        result === 0 ? resolve() : fallback(),
      );
  });
}

const SYS_perf_event_open: Readonly<Record<string, number>> = { x64: 298, arm64: 241 };
const PERF_FLAG_FD_CLOEXEC = 8;

/** perf_event_open(2): the file descriptor, or -1 with `errno()`. */
export function perfEventOpen(attr: Uint8Array, pid: number, cpu: number): number {
  return libc().perf_event_open(SYS_perf_event_open[process.arch] ?? -1, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

const SYS_bpf: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };
const BPF_LINK_CREATE = 28;

/** bpf(2), BPF_LINK_CREATE (Linux 5.7): the descriptor of a link, or -1 with `errno()`. libbpf 1.1 lacks the newest kinds. */
export function bpfLinkCreate(attr: Uint8Array): number {
  return libc().bpf(SYS_bpf[process.arch] ?? -1, BPF_LINK_CREATE, attr, attr.length);
}

const PERF_EVENT_IOC_ENABLE = 0x2400;
const PERF_EVENT_IOC_SET_BPF = 0x40042408;

/** Run a program whenever a perf event fires; negative with `errno()` when the kernel refuses. */
export function setPerfProgram(fd: number, program: number): number {
  return libc().ioctl(fd, PERF_EVENT_IOC_SET_BPF, program);
}

/** Let a perf event count; negative with `errno()` when it cannot. */
export function enablePerfEvent(fd: number): number {
  return libc().ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
}
