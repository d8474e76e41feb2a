import { SkepError } from '@skep/core';
import { describeErrno } from './errno.js';
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLET,
  EPOLLIN,
  errno,
  libc,
} from './native/libc.js';

const MAX_EVENTS = 16;
/** struct epoll_event is packed on x86-64 (12 bytes) and aligned elsewhere (16 bytes); the data is not looked at. */
const EVENT_SIZE = 16;

/**
 * Waits, on one worker thread, for whichever comes first: a ring passing its half, `wake()`, or the time given.
 * All waiters share one epoll_wait(2), so any number of plugins costs one thread.
 */
export class Poller {
  private readonly epoll: number;
  private readonly event: number;
  private waiting: Promise<void> | undefined;
  private closed = false;
  // Written by the worker thread: one buffer for the life of the poller.
  private readonly events = new Uint8Array(MAX_EVENTS * EVENT_SIZE);

  constructor() {
    this.epoll = libc().epoll_create1(EPOLL_CLOEXEC);
    this.event = libc().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (this.epoll < 0 || this.event < 0) throw new SkepError('SKEP_ATTACH', `epoll: ${describeErrno(errno())}`);
    this.add(this.event);
  }

  /** Edge triggered: wakes when the descriptor's owner calls for it, not as long as it is readable. */
  add(fd: number): void {
    const event = new Uint8Array(EVENT_SIZE);
    new DataView(event.buffer).setUint32(0, (EPOLLIN | EPOLLET) >>> 0, true);
    if (libc().epoll_ctl(this.epoll, EPOLL_CTL_ADD, fd, event) < 0) {
      throw new SkepError('SKEP_ATTACH', `cannot wait for a ring buffer: ${describeErrno(errno())}`);
    }
  }

  remove(fd: number): void {
    if (!this.closed) libc().epoll_ctl(this.epoll, EPOLL_CTL_DEL, fd, new Uint8Array(EVENT_SIZE));
  }

  /** Settles after `timeoutMs` at the latest. A wait that is under way is shared, whatever its own time. */
  wait(timeoutMs: number): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.waiting ??= new Promise((resolve) => {
      libc().epoll_wait.async(this.epoll, this.events, MAX_EVENTS, timeoutMs, () => {
        this.waiting = undefined;
        resolve();
      });
    });
    return this.waiting;
  }

  /** End the current wait now. */
  wake(): void {
    if (!this.closed) libc().write(this.event, new Uint8Array(new BigUint64Array([1n]).buffer), 8);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.wake();
    const waiting = this.waiting;
    this.closed = true;
    await waiting;
    libc().close(this.event);
    libc().close(this.epoll);
  }
}
