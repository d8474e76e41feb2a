import { parseDuration } from '@skep/core';
import { DANGEROUS_HELPERS } from '@skep/libbpf/predict';
import { z } from 'zod';

/** What instances of plugins and sinks may be called. */
export const INSTANCE_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** Longest `every`: what a timer of Node holds (2^31 - 1 ms), rounded down to days. */
const MAX_EVERY_MS = 24 * 864e5;

/** The largest uid; the one after it means no user. */
const MAX_UID = 0xffff_fffe;
const USER = 'the name of a user, or a uid';

// The message of each schema completes "expected ...".
const text = (expected: string, most = 256) => z.string({ error: expected }).min(1, expected).max(most, expected);

const name = text('a name')
  .regex(INSTANCE_NAME, 'a name: a letter or _, then up to 63 letters, digits, _ or -')
  .meta({ description: 'Name of this instance' });

const use = text('the name of a package, or a path beginning with ./').meta({
  description: 'Short name, npm package name, or path beginning with ./; default: the name of the instance',
});

const integrity = text('sha512- and 88 characters, as skep integrity prints it')
  .regex(/^sha512-[A-Za-z0-9+/]{86}==$/, 'sha512- and 88 characters, as skep integrity prints it')
  .optional()
  .meta({
    description: 'What the files of the package must give, checked before its code runs; skep integrity prints it',
  });

const every = z
  .unknown()
  .transform((value, context) => {
    const scalar = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    const ms = parseDuration(scalar);
    if (ms !== undefined && ms >= 1 && ms <= MAX_EVERY_MS) return ms;
    context.addIssue({ code: 'custom', message: 'a time from 1ms to 24d, such as 5s or 100ms', input: value });
    return z.NEVER;
  })
  .meta({
    type: ['string', 'number'],
    description: 'Time between snapshots, such as 5s or 100ms; a bare number is seconds',
  });

const metrics = z
  .unknown()
  .transform((value, context) => {
    const match = typeof value === 'string' ? /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(value) : null;
    if (match && Number(match[2]) <= 65535) return { host: match[1]!.replace(/[[\]]/g, ''), port: Number(match[2]) };
    context.addIssue({ code: 'custom', message: 'host:port such as 127.0.0.1:9464', input: value });
    return z.NEVER;
  })
  .meta({ type: 'string', description: 'host:port of the Prometheus endpoint; default: off' });

const agent = z.strictObject(
  {
    name: text('a text such as the name of the host').optional().meta({ description: 'Default: the host name' }),
    metrics: metrics.optional(),
    log: z
      .enum(['error', 'warn', 'info', 'debug'], { error: 'one of error, warn, info, debug' })
      .optional()
      .meta({ description: "How much skep's own log says; default: info" }),
    user: z
      .union([text(USER), z.int(USER).min(0, USER).max(MAX_UID, USER)], { error: USER })
      .optional()
      .meta({ description: 'User to become once everything is attached; default: who started it' }),
    privileges: z
      .enum(['drop', 'keep'], { error: 'one of drop, keep' })
      .optional()
      .meta({ description: 'What becomes of the capabilities once everything is attached; default: drop' }),
  },
  { error: 'a mapping' },
);

/** The keys of a plugin's entry. */
export const pluginFrame = z.strictObject(
  {
    use: use.optional(),
    integrity,
    allow: z
      .array(z.enum([...DANGEROUS_HELPERS], { error: `one of ${[...DANGEROUS_HELPERS].join(', ')}` }), {
        error: 'a list of BPF helpers',
      })
      .optional()
      .meta({ description: 'BPF helpers by which it may change what it watches; default: none' }),
    every: every.optional(),
    options: z
      .unknown()
      .meta({ type: ['object', 'null'] })
      .optional(),
    program: z
      .union([text('the text of a C program', 1 << 20), z.strictObject({ file: text('the path of a file', 4096) })], {
        error: 'the text of a C program, or { file: PATH }',
      })
      .optional()
      .meta({ description: 'BPF C for `use: bcc`' }),
    attach: z
      .unknown()
      .meta({ type: 'array', items: { type: 'object' }, description: 'What functions of the program are attached to' })
      .optional(),
  },
  { error: 'the name of a plugin, or a mapping' },
);

const from = (otherwise: string) =>
  z
    .union([text('a name'), z.array(text('a name'), { error: 'a list of names' }).min(1, 'at least one name')], {
      error: 'a list of names of plugins and processors',
    })
    .optional()
    .meta({ description: `Names of the plugins and processors whose rows it gets; default: ${otherwise}` });

/** The keys of a processor's entry that are not options of the processor. */
export const processorFrame = z.looseObject(
  { use: use.optional(), integrity, from: from('everything that no earlier processor takes') },
  { error: 'the name of a processor, or a mapping' },
);

/** The keys of a sink's entry that are not options of the sink. */
export const sinkFrame = z.looseObject(
  {
    use: use.optional(),
    integrity,
    from: from('everything that no processor takes'),
    where: text('an expression over columns', 16_384)
      .optional()
      .meta({ description: "Such as: uid == 0 && comm != 'node'" }),
  },
  { error: 'the name of a sink, or a mapping' },
);

/** The part of the YAML that is the same whatever is installed. */
export const frame = z.strictObject(
  {
    version: z.literal(1, { error: '1' }).meta({ description: 'Version of this format' }),
    agent: agent.nullish(),
    plugins: z.record(name, pluginFrame, { error: 'a mapping of names to plugins' }),
    processors: z.record(name, processorFrame, { error: 'a mapping of names to processors' }).nullish(),
    sinks: z.record(name, sinkFrame, { error: 'a mapping of names to sinks' }).nullish(),
  },
  { error: 'a mapping with the keys version, plugins, processors and sinks' },
);

export type Frame = z.infer<typeof frame>;
export type PluginFrame = z.infer<typeof pluginFrame>;
export type ProcessorFrame = z.infer<typeof processorFrame>;
export type SinkFrame = z.infer<typeof sinkFrame>;
export { agent as agentFrame };
