import { SkepError } from '@skep/core';
import {
  type Agent,
  type Config,
  createReplay,
  loadConfig,
  RecordingFile,
  recordedPlugins,
  summaryLines,
} from '@skep/runner';
import { createLog } from '../log.js';
import { onStopSignals } from '../signals.js';
import { COMMAND_LINE, FORMATS, type OutputFlags, outputInstance } from '../stdout-instance.js';
import { leaveOutputToSinks } from '../streams.js';
import { createCommand, parseArgs } from '../usage.js';

/** `skep replay FILE`: a recording through decoders, filters, processors and sinks. */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand('replay', 'Give out a recording as if it happened now; needs no kernel and no root')
    .argument('<file>', 'What skep record wrote')
    .option(
      '-o, --output <FORMAT>',
      `How rows are written: ${FORMATS.join(', ')}; FILE.svg or FILE.html: a flame graph`,
      'table',
    )
    .option('--fields <LIST>', 'Only these fields, in this order')
    .option('--where <EXPR>', "Only rows for which this holds: uid == 0 && comm != 'node'")
    .option('--no-headers', 'No header lines')
    .option('--speed <SPEED>', 'full: as fast as it goes; real: as it was recorded; 10x: ten times as fast', 'full')
    .option('--config <FILE>', 'Processors and sinks of a YAML file, whose plugins are named as in the recording');
  if (parseArgs(command, args)) return 0;
  const flags = command.opts<OutputFlags & { speed: string; config?: string }>();
  return replay(command.processedArgs[0] as string, readSpeed(flags.speed), flags);
}

/** Replay `path` and print the account on standard error. */
export async function replay(path: string, speed: number, flags: OutputFlags & { config?: string }): Promise<number> {
  const file = await RecordingFile.open(path);
  const isForTable = flags.config === undefined && flags.output === 'table';
  let readerLeft = false;
  const onBrokenPipe = (): boolean => {
    readerLeft = true;
    agent.stop();
    return true;
  };
  const agent: Agent = createReplay(file, { speed, isForTable }, createLog('warn'), { onBrokenPipe });
  const release = onStopSignals(() => agent.stop());
  leaveOutputToSinks();
  try {
    await agent.start(await configOf(file, flags));
    await agent.finished();
    if (readerLeft) return 0;
    for (const line of summaryLines(agent.account())) process.stderr.write(`skep: ${line}\n`);
    if (file.tornBytes > 0) {
      process.stderr.write(`skep: ${path} ends within a block: its last ${file.tornBytes} bytes are left out\n`);
    }
    return agent.account().some(({ sinkFailed }) => sinkFailed > 0n) ? 1 : 0;
  } finally {
    release();
    await file.close();
  }
}

async function configOf(file: RecordingFile, flags: OutputFlags & { config?: string }): Promise<Config> {
  const plugins = await recordedPlugins(file.header, process.cwd());
  if (flags.config !== undefined) {
    const config = await loadConfig(flags.config);
    const wanted = new Set(config.plugins.map(({ name }) => name));
    const missing = [...wanted].find((name) => !plugins.some((one) => one.name === name));
    if (missing !== undefined) {
      const names = plugins.map(({ name }) => name).join(', ');
      throw new SkepError('SKEP_RECORDING', `${file.path} holds nothing of "${missing}"`, `it holds ${names}`);
    }
    return { ...config, plugins: plugins.filter(({ name }) => wanted.has(name)) };
  }
  const names = plugins.map(({ name }) => name);
  return {
    ...{ version: 1, file: COMMAND_LINE.file, folder: process.cwd() },
    agent: { name: '', metrics: undefined, log: 'warn', user: undefined, privileges: 'keep' },
    plugins,
    processors: [],
    sinks: [outputInstance(flags, names)],
  };
}

function readSpeed(text: string): number {
  if (text === 'full') return Number.POSITIVE_INFINITY;
  if (text === 'real') return 1;
  const speed = /^(\d+(?:\.\d+)?)x$/.exec(text)?.[1];
  if (speed !== undefined && Number(speed) > 0) return Number(speed);
  throw new SkepError('SKEP_USAGE', `--speed: expected full, real, or a factor such as 10x, got "${text}"`);
}
