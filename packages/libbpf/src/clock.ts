import { type Clock, clockFromOffset } from '@skep/core';
import { bootOffsetNs } from './native/libc.js';

const JITTER_NS = 1_000_000n;
const RESAMPLE_MS = 1000;

/**
 * The offset from boot time to wall clock, looked at once a second. Two clocks cannot be read at one instant, so a
 * difference below a millisecond is noise and would only reorder events; a step of the wall clock is followed.
 */
export function wallClock(): () => Clock {
  let offset = bootOffsetNs();
  let clock = clockFromOffset(offset);
  let looked = performance.now();
  return () => {
    const now = performance.now();
    if (now - looked < RESAMPLE_MS) return clock;
    looked = now;
    const sample = bootOffsetNs();
    const drift = sample - offset;
    if (drift > JITTER_NS || drift < -JITTER_NS) {
      offset = sample;
      clock = clockFromOffset(offset);
    }
    return clock;
  };
}
