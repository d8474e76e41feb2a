// Watches calls of sync(2), which can stall every disk at once, and says how long ago the last one was: events with a
// struct of their own, and a table between the calls.
import { BPF } from '@skep/libbcc';
import { example, line } from './example.js';

const text = `
#include <linux/sched.h>

struct sync_event {
	skep_ktime_t time;
	u64 since_ns; /* since the call before; 0 for the first */
	u32 pid;
	char comm[TASK_COMM_LEN];
};
BPF_PERF_OUTPUT(events);
BPF_ARRAY(last, u64, 1);

int on_sync(struct pt_regs *ctx)
{
	struct sync_event event = {};
	int first = 0;
	u64 *before = last.lookup(&first);

	event.time = bpf_ktime_get_boot_ns();
	event.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	if (before) {
		event.since_ns = *before ? event.time - *before : 0;
		*before = event.time;
	}
	events.perf_submit(ctx, &event, sizeof(event));
	return 0;
}
`;

interface SyncEvent {
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
  readonly since_ns: bigint;
  readonly pid: number;
  readonly comm: string;
}

await example(async (signal) => {
  await using b = await BPF.create({ text });
  b.attachKprobe({ event: b.syscallName('sync'), fn: 'on_sync' });
  console.log(line(['TIME', 12], ['COMM', 16], ['PID', 7], ['SINCE(ms)', 0]));
  for await (const event of b.open<SyncEvent>('events', { signal })) {
    const time = new Date(Number(event.time / 1_000_000n)).toISOString().slice(11, 23);
    const since = event.since_ns === 0n ? '-' : (Number(event.since_ns) / 1e6).toFixed(1);
    console.log(line([time, 12], [event.comm, 16], [event.pid, 7], [since, 0]));
  }
  if (b.lost('events') > 0n) console.error(`${b.lost('events')} events lost`);
});
