// Shows the lines that are typed at the prompt of every bash on this machine: a probe on the return of a function of bash.
// Usage: bash-readline [path of bash, or of a libreadline it uses]
import { BPF } from '@skep/libbcc';
import { example, line } from './example.js';

const text = `
struct readline_event {
	skep_ktime_t time;
	u32 pid;
	char line[160];
};
BPF_PERF_OUTPUT(events);

int on_return(struct pt_regs *ctx)
{
	struct readline_event event = {};

	if (!PT_REGS_RC(ctx))
		return 0;
	event.time = bpf_ktime_get_boot_ns();
	event.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_probe_read_user_str(&event.line, sizeof(event.line), (void *)PT_REGS_RC(ctx));
	events.perf_submit(ctx, &event, sizeof(event));
	return 0;
}
`;

interface ReadlineEvent {
  readonly time: bigint;
  readonly pid: number;
  readonly line: string;
}

await example(async (signal) => {
  await using b = await BPF.create({ text });
  b.attachUretprobe({ name: process.argv[2] ?? '/bin/bash', sym: 'readline', fn: 'on_return' });
  console.log(line(['TIME', 9], ['PID', 7], ['COMMAND', 0]));
  for await (const event of b.open<ReadlineEvent>('events', { signal })) {
    const time = new Date(Number(event.time / 1_000_000n)).toISOString().slice(11, 19);
    console.log(line([time, 9], [event.pid, 7], [event.line, 0]));
  }
});
