import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchBuilder,
  isSkepError,
  type Log,
  type OptionValues,
  type Probe,
  type Row,
  rowsOf,
  type SelfTest,
  type SelfTestContext,
  type SkepError,
} from '@skep/core';
import {
  attachSets,
  type FeatureSet,
  ObjectProbe,
  type ProgramCost,
  readPluginObject,
  verifierCost,
} from '@skep/libbpf';
import { KernelHost } from './agent/kernel-host.js';
import { completeOptions } from './agent/open.js';
import { optionFilters, rowFilter } from './agent/routes.js';
import type { PluginInstance } from './config/config.js';
import type { LoadedPlugin } from './discovery/index.js';
import { instanceOf } from './instance.js';
import { type ScratchDisk, scratchDisk } from './scratch-disk.js';

/** What came of one self-test under one attach set. */
export interface SelfTestResult {
  readonly plugin: string;
  readonly test: string;
  /** Programs of the set that was used, or tried; empty when it never came to that. */
  readonly set: readonly string[];
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Skipped since this kernel does not take the set; else a skip is the test's own, which lacks something here. */
  readonly refused: boolean;
  /** Why it failed or was skipped. */
  readonly reason: string;
  readonly seconds: number;
  /** What the set's programs cost the verifier with the test's options; only of a test that passed, when asked for. */
  readonly programs?: readonly ProgramCost[];
}

export interface SelfTestOptions {
  /** Every attach set by itself, not only the first that this kernel takes. */
  readonly everySet: boolean;
  /** Measure what verification costs: one more load for each test that passes. */
  readonly cost?: boolean;
  readonly log: Log;
  /** BPF helpers by which it may change what it watches. */
  readonly allow?: readonly string[];
  /** Features that this kernel is taken not to have. */
  readonly without?: FeatureSet;
}

/** Far more than any takes: in an emulated machine on a busy host they are thirty times slower. */
const TIMEOUT_MS = 180_000;

class Skip extends Error {}

/** Run the plugin's own tests, one after the other: attach, do the workload, detach, look at the rows. */
export async function* runSelfTests(
  plugin: LoadedPlugin,
  { everySet, cost = false, log, allow = [], without }: SelfTestOptions,
): AsyncGenerator<SelfTestResult> {
  const tests = [plugin.definition.selftest].flat() as SelfTest[];
  const host = new KernelHost(log, { without });
  try {
    for (const test of tests) {
      const options = completeOptions(plugin.definition, test.options ?? {});
      const sets = attachSets(plugin.definition, options);
      // A plugin with a probe of its own has no sets to choose from.
      const choices = everySet && sets.length > 0 ? sets.map((_, i) => i) : [undefined];
      for (const attachSet of choices) {
        const began = performance.now();
        const result = await runOne(host, { ...instanceOf(plugin, options, plugin.name), allow }, test, attachSet);
        const set = result.set.length > 0 ? result.set : attachSet === undefined ? [] : sets[attachSet]!.programs;
        const seconds = (performance.now() - began) / 1000;
        const whole = { ...result, plugin: plugin.name, test: test.name ?? plugin.name, set, seconds };
        const { object } = plugin.definition;
        if (!cost || result.outcome !== 'passed' || !object || sets.length === 0) yield whole;
        else {
          const file = readPluginObject(plugin.definition);
          yield { ...whole, programs: verifierCost(file, plugin.definition, options, set, log) };
        }
      }
    }
  } finally {
    await host.close();
  }
}

type Outcome = Pick<SelfTestResult, 'outcome' | 'refused' | 'reason' | 'set'>;

async function runOne(
  host: KernelHost,
  instance: PluginInstance,
  test: SelfTest,
  attachSet: number | undefined,
): Promise<Outcome> {
  const { plugin, options } = instance;
  const folder = mkdtempSync(join(tmpdir(), 'skep-selftest-'));
  let set: readonly string[] = [];
  try {
    const settings = { everyMs: undefined, ...(attachSet === undefined ? {} : { attachSet }) };
    const probe = await host.probeOf(instance, settings);
    try {
      await probe.open();
      await probe.attach();
      set = probe instanceof ObjectProbe ? (probe.attachedSet?.programs ?? []) : [];
      const verdict = await observe(probe, plugin, test, options, folder, host);
      return { set, refused: false, ...verdict };
    } finally {
      await probe.close();
    }
  } catch (error) {
    if (error instanceof Skip) return { set, outcome: 'skipped', refused: false, reason: error.message };
    if (!isSkepError(error)) {
      return { set, outcome: 'failed', refused: false, reason: String((error as Error).stack ?? error) };
    }
    const reason = error.remedy ? `${error.message}\n${error.remedy}` : error.message;
    if (isRefusal(error)) return { set, outcome: 'skipped', refused: true, reason };
    return { set, outcome: 'failed', refused: false, reason };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** "This kernel cannot" is an answer, not a failure; a program that the verifier finds fault with is one. */
function isRefusal({ code, remedy }: SkepError): boolean {
  if (['SKEP_ATTACH', 'SKEP_PERMISSION', 'SKEP_TRACEFS', 'SKEP_LIBRARY'].includes(code)) return true;
  return code === 'SKEP_VERIFIER' && !remedy.startsWith('the verifier');
}

async function observe(
  probe: Probe,
  plugin: LoadedPlugin,
  test: SelfTest,
  options: OptionValues,
  folder: string,
  host: KernelHost,
): Promise<Pick<Outcome, 'outcome' | 'reason'>> {
  const rows: Record<string, Row[]> = Object.fromEntries(probe.schemas.map(({ stream }) => [stream, []]));
  const filter = rowFilter(optionFilters(plugin.definition, options));
  const builders = probe.schemas.map((schema) => new BatchBuilder(schema));
  const drain = (): void => {
    for (const builder of builders) {
      while (probe.drain(builder) > 0) {
        rows[builder.schema.stream]!.push(...rowsOf(filter(builder.batch())));
        builder.reset();
      }
      builder.reset();
    }
  };
  const disks: ScratchDisk[] = [];
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const awaited = new Set<() => void>();
  const context: SelfTestContext = {
    folder,
    skip: (reason) => {
      throw new Skip(reason);
    },
    scratchDisk: (bytes) => {
      const disk = scratchDisk(folder, bytes);
      if (typeof disk === 'string') throw new Skip(disk);
      disks.push(disk);
      return disk;
    },
    signal,
    sleep: (ms) => sleep(ms),
    seen: (stream, areWanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!areWanted(rows[stream] ?? [])) return;
          awaited.delete(look);
          resolve();
        };
        awaited.add(look);
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  let working = true;
  const work = (async () => test.workload(context))().finally(() => {
    for (const disk of disks) disk.detach();
    working = false;
    host.wake();
  });
  while (working) {
    drain();
    for (const look of awaited) look();
    if (signal.aborted) {
      const reason = `the workload did not end within ${TIMEOUT_MS / 1000} s`;
      return { outcome: 'failed', reason };
    }
    await Promise.race([host.wait(), work.catch(() => undefined)]);
  }
  await work;
  await probe.finish?.();
  drain();
  const verdict = test.expect(rows, context);
  if (verdict === true) return { outcome: 'passed', reason: '' };
  const seen = Object.entries(rows).map(([stream, all]) => {
    const { attempted, ringFull, mapFull } = probe.losses(stream);
    return `${all.length} rows of ${stream}, ${attempted} attempted, ${ringFull + mapFull} lost`;
  });
  const said = typeof verdict === 'string' ? verdict : 'the expected rows are not among those seen';
  return { outcome: 'failed', reason: `${said} (${seen.join(', ')})` };
}
