import { defineTracer, option } from '@skep/core';
import { ListingProbe } from '@skep/tracing';
import { list } from './list.js';

type Options = {
  readonly lib: string | undefined;
  readonly pid: number | undefined;
  readonly level: number | undefined;
};
const isUsdt = ({ lib, pid }: Options) => lib !== undefined || pid !== undefined;
const isDetailed = ({ level = 0 }: Options) => level > 0;
const isPlaced = ({ level = 0 }: Options) => level > 1;

export default defineTracer({
  options: {
    filter: option.string('Only names that this shell pattern matches', { defaultText: 'all' }),
    pid: option.pid('USDT probes of this process'),
    lib: option.string('USDT probes of this library or program', { flags: '-l LIB, --lib LIB' }),
    level: option.level('-v: fields, and numbers of places and arguments; -vv: each place with its arguments', 2, {
      flags: '-v, --variables',
    }),
  },
  arguments: [{ option: 'filter' }],
  streams: {
    tracepoints: {
      doc: 'a tracepoint of this kernel',
      when: (options) => !isUsdt(options),
      fields: {
        tracepoint: { type: 'bytes', doc: 'category:event' },
        fields: { type: 'bytes', doc: 'its members, as C declares them; with -v' },
      },
      table: [
        { field: 'tracepoint', width: -36 },
        { field: 'fields', when: isDetailed },
      ],
    },
    usdt: {
      doc: 'a USDT probe; with -vv a place of one',
      when: isUsdt,
      fields: {
        path: { type: 'bytes', meaning: 'skep_path_t', doc: 'file that carries it' },
        name: { type: 'bytes', doc: 'provider:probe' },
        provider: { type: 'bytes', doc: 'who has put it there' },
        probe: { type: 'bytes', doc: 'its own name' },
        semaphore: { type: 'u64', doc: 'address of the counter that turns it on; 0: it is always on' },
        address: { type: 'u64', doc: 'virtual address of the place; with -vv' },
        locations: { type: 'u32', doc: 'places with this name' },
        arguments: { type: 'u32', doc: 'how many it has' },
        places: { type: 'bytes', doc: 'where each argument is, by registers; with -vv' },
      },
      table: [
        { field: 'path', width: -28 },
        { field: 'name', header: 'PROBE', width: -32 },
        { field: 'locations', width: 9, when: (options) => isDetailed(options) && !isPlaced(options) },
        { field: 'arguments', width: 9, when: isDetailed },
        { field: 'semaphore', width: 10, when: isDetailed },
        { field: 'address', width: 10, when: isPlaced },
        { field: 'places', header: 'WHERE', when: isPlaced },
      ],
    },
  },
  probe: (request) => new ListingProbe(request, () => list(request.options)),
  selftest: {
    options: { filter: 'sched:sched_process_*', level: 1 },
    workload: () => undefined,
    expect: ({ tracepoints }) =>
      ['fork', 'exec', 'exit', 'free'].every((event) =>
        tracepoints!.some((row) => row.tracepoint === `sched:sched_process_${event}` && /pid/.test(row.fields)),
      ),
  },
});
