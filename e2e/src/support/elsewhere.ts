import { AS_USER } from './unprivileged.js';

/** Words that make the command behind them run as an ordinary user, in a mount namespace without libbpf and tracefs. */
export const ELSEWHERE: readonly string[] = [
  ...['unshare', '-m', '--propagation', 'private', 'sh', '-ec'],
  'for f in $(ldconfig -p | sed -n "s/.*libbpf.so.1 .*=> //p"); do mount --bind /dev/null "$(readlink -f "$f")"; done; mount -t tmpfs none /sys/kernel; exec "$@"',
  'sh',
  ...AS_USER,
];
