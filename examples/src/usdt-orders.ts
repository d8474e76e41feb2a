// Follows the orders of examples/src/orders.c through the probes it carries for tracers: the arguments of a USDT probe, a
// histogram, and a text read from the traced process.
// Usage: usdt-orders PROGRAM
import { BPF, USDT } from '@skep/libbcc';
import { example, line } from './example.js';

const text = `
struct order_event {
	u64 number;
	int amount;
	char item[32];
};
BPF_RINGBUF_OUTPUT(orders, 16);
BPF_HISTOGRAM(amounts);

int on_order(struct pt_regs *ctx)
{
	struct order_event event = {};
	u64 item = 0;

	bpf_usdt_readarg(1, ctx, &event.number);
	bpf_usdt_readarg(2, ctx, &item);
	bpf_usdt_readarg(3, ctx, &event.amount);
	bpf_probe_read_user_str(&event.item, sizeof(event.item), (void *)item);
	amounts.increment(bpf_log2l(event.amount));
	orders.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}
`;

interface OrderEvent {
  readonly number: bigint;
  readonly amount: number;
  readonly item: string;
}

await example(async (signal) => {
  const path = process.argv[2];
  if (path === undefined) throw new Error('usage: usdt-orders PROGRAM');
  const usdt = new USDT({ path }).enableProbe({ probe: 'shop:order', fn: 'on_order' });
  await using b = await BPF.create({ text, usdt: [usdt] });
  console.log(line(['ORDER', 8], ['AMOUNT', 8], ['ITEM', 0]));
  for await (const { number, amount, item } of b.open<OrderEvent>('orders', { signal })) {
    console.log(line([number, 8], [amount, 8], [item, 0]));
  }
  console.log(`\n${b.table('amounts').log2Histogram({ unit: 'amount' })}`);
});
