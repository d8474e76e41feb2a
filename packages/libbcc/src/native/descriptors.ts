import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x40000000;
/** SCM_MAX_FD of the kernel is 253. */
const MOST = 250;

/** struct cmsghdr: size_t length, int level, int type. */
const HEADER = 16;
/** struct msghdr, struct iovec, the one byte that carries the descriptors, and they themselves, in one piece of memory. */
const MESSAGE = 56;
const VECTOR_AT = MESSAGE;
const BYTE_AT = VECTOR_AT + 16;
const CONTROL_AT = BYTE_AT + 8;
const TOTAL = CONTROL_AT + HEADER + MOST * 4;

interface Sockets {
  socketpair(domain: number, type: number, protocol: number, fds: Int32Array): number;
  sendmsg(socket: number, message: bigint, flags: number): number | bigint;
  recvmsg(socket: number, message: bigint, flags: number): number | bigint;
  close(fd: number): number;
}

let loaded: Sockets | undefined;

function sockets(): Sockets {
  if (loaded) return loaded;
  const lib = koffi.load('libc.so.6');
  loaded = {
    socketpair: lib.func('int socketpair(int domain, int type, int protocol, int *sv)'),
    sendmsg: lib.func('long sendmsg(int fd, const void *message, int flags)'),
    recvmsg: lib.func('long recvmsg(int fd, void *message, int flags)'),
    close: lib.func('int close(int fd)'),
  } as unknown as Sockets;
  return loaded;
}

/** Two connected sockets; neither is inherited by other processes than the one it is given to. */
export function socketPair(): [number, number] {
  const fds = new Int32Array(2);
  if (sockets().socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
    throw new Error(`socketpair: errno ${koffi.errno()}`);
  }
  return [fds[0]!, fds[1]!];
}

export function closeDescriptor(fd: number): void {
  sockets().close(fd);
}

/** Send duplicates of these descriptors, in order. */
export function sendDescriptors(socket: number, fds: readonly number[]): void {
  for (let from = 0; from < fds.length; from += MOST) {
    const some = fds.slice(from, from + MOST);
    withMessage(HEADER + some.length * 4, (message, view) => {
      view.setBigUint64(CONTROL_AT, BigInt(HEADER + some.length * 4), true);
      view.setInt32(CONTROL_AT + 8, SOL_SOCKET, true);
      view.setInt32(CONTROL_AT + 12, SCM_RIGHTS, true);
      for (const [i, fd] of some.entries()) view.setInt32(CONTROL_AT + HEADER + i * 4, fd, true);
      if (sockets().sendmsg(socket, message, 0) < 0) throw new Error(`sendmsg: errno ${koffi.errno()}`);
    });
  }
}

/** Take the descriptors that have arrived; never waits. They are closed on exec. */
export function receiveDescriptors(socket: number): number[] {
  const fds: number[] = [];
  for (;;) {
    const before = fds.length;
    withMessage(HEADER + MOST * 4, (message, view) => {
      if (Number(sockets().recvmsg(socket, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)) <= 0) return;
      const length = Number(view.getBigUint64(CONTROL_AT, true));
      for (let at = HEADER; at + 4 <= length; at += 4) fds.push(view.getInt32(CONTROL_AT + at, true));
    });
    if (fds.length === before) return fds;
  }
}

function withMessage(controlBytes: number, use: (message: bigint, view: DataView) => void): void {
  const memory = koffi.alloc('uint8_t', TOTAL) as unknown;
  try {
    const address = koffi.address(memory);
    const view = new DataView(koffi.view(address, TOTAL));
    for (let i = 0; i < TOTAL; i++) view.setUint8(i, 0);
    view.setBigUint64(16, address + BigInt(VECTOR_AT), true);
    view.setBigUint64(24, 1n, true);
    view.setBigUint64(32, address + BigInt(CONTROL_AT), true);
    view.setBigUint64(40, BigInt(controlBytes), true);
    view.setBigUint64(VECTOR_AT, address + BigInt(BYTE_AT), true);
    view.setBigUint64(VECTOR_AT + 8, 1n, true);
    use(address, view);
  } finally {
    koffi.free(memory);
  }
}
