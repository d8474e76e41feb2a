// Says hello for every process that is cloned: a kprobe, and lines printed by the program itself.
import { BPF } from '@skep/libbcc';
import { example, line } from './example.js';

const text = `
int hello(void *ctx)
{
	bpf_trace_printk("Hello, World!\\n");
	return 0;
}
`;

await example(async (signal) => {
  await using b = await BPF.create({ text });
  b.attachKprobe({ event: b.syscallName('clone'), fn: 'hello' });
  console.log(line(['TIME(s)', 18], ['COMM', 16], ['PID', 7], ['MESSAGE', 0]));
  for await (const { time, comm, pid, message } of b.traceFields({ signal })) {
    console.log(line([time.toFixed(9), 18], [comm, 16], [pid, 7], [message, 0]));
  }
});
