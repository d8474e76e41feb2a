import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/paths.js';
import { accountOf, linesOf, type Skep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';
import { until } from './support/until.js';

const MISSING = '/skep-e2e/no/such/file';

/** What a reload loads needs the privileges of the start. */
const KEEP = 'agent: { privileges: keep }';

interface Rig {
  readonly storm: Storm;
  readonly folder: string;
  readonly file: string;
  readonly skep: Skep;
  /** Write the configuration: the opens of the storm, and these further lines of `plugins` and `sinks`. */
  configure(plugins: string, sinks: string, agent?: string): void;
  rows(name: string): string[];
}

async function rigOf(plugins = '', sinks = '', agent = KEEP, ...args: string[]): Promise<Rig> {
  const storm = new Storm(MISSING);
  const folder = temporaryFolder();
  const file = join(folder, 'skep.yaml');
  const configure: Rig['configure'] = (more, moreSinks, agentPart = agent) => {
    const yaml = `version: 1
${agentPart}
plugins:
  opens: { use: opensnoop, options: { pid: ${storm.pid}, buffer_pages: 16384 } }
${more}
sinks:
  all: { use: file, path: ./all.jsonl, from: [opens] }
${moreSinks}\n`;
    // As editors do: a new file takes the place of the old one.
    writeFileSync(`${file}.new`, yaml);
    renameSync(`${file}.new`, file);
  };
  configure(plugins, sinks);
  const skep = startSkep(['run', file, ...args]);
  await skep.attached();
  return { storm, folder, file, skep, configure, rows: (name) => linesOf(readFileSync(join(folder, name), 'utf8')) };
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** SIGHUP, and wait until the file was taken or refused. */
async function reload(skep: Skep, outcome: 'reloaded' | 'was not taken' = 'reloaded'): Promise<void> {
  const pattern = new RegExp(outcome, 'g');
  const before = count(skep.stderr, pattern);
  skep.kill('SIGHUP');
  await skep.until(`the file ${outcome}`, () => count(skep.stderr, pattern) > before);
}

describe('SIGHUP', () => {
  it('leaves untouched plugins attached: 20 reloads under load keep their programs and lose no event', async () => {
    const { storm, skep, configure, rows } = await rigOf();
    const programs = skep.links;
    let storming = true;
    let sent = 0;
    const load = (async () => {
      // Not more than the agent can take on a busy machine, where loading a program takes it seconds.
      for (; storming; sent += 2003) {
        await storm.open(2003);
        await sleep(10);
      }
    })();
    for (let n = 0; n < 20; n++) {
      configure(n % 2 ? '' : '  execs: execsnoop', n % 3 ? '' : '  more: { use: file, path: ./more.jsonl }');
      await reload(skep);
      expect(skep.links).toEqual(expect.arrayContaining([...programs]));
    }
    storming = false;
    await load;
    skep.kill('SIGINT');
    const { code, stderr } = await skep.ended;
    expect(accountOf(stderr, 'opens.opens -> all')).toMatchObject({ attempted: sent, delivered: sent, lost: 0 });
    expect(rows('all.jsonl')).toHaveLength(sent);
    // A sink that came and went answers for what happened while it was there.
    const more = accountOf(stderr, 'opens.opens -> more');
    expect(rows('more.jsonl').filter((row) => row.includes(MISSING))).toHaveLength(more.delivered);
    expect(more.attempted).toBe(more.delivered + more.lost);
    expect(code).toBe(0);
  });

  it('replaces a plugin whose options changed, and its account goes on', async () => {
    const { storm, skep, configure, rows } = await rigOf('  other: { use: opensnoop, options: { pid: 1 } }', '');
    const before = skep.links;
    await storm.open(101);
    configure(
      `  other: { use: opensnoop, options: { pid: ${storm.pid}, failed: true } }`,
      '  two: { use: file, path: ./two.jsonl, from: [other] }',
    );
    await reload(skep);
    const kept = skep.links.filter((id) => before.includes(id));
    expect(kept).toHaveLength(before.length / 2);
    await storm.open(103);
    configure(
      `  other: { use: opensnoop, options: { pid: ${storm.pid} } }`,
      '  two: { use: file, path: ./two.jsonl, from: [other] }',
    );
    await reload(skep);
    await storm.open(107);
    skep.kill('SIGINT');
    const { stderr } = await skep.ended;
    expect(accountOf(stderr, 'opens.opens -> all')).toMatchObject({ attempted: 311, delivered: 311 });
    expect(accountOf(stderr, 'other.opens -> two')).toMatchObject({ attempted: 210, delivered: 210, lost: 0 });
    expect(rows('two.jsonl')).toHaveLength(210);
  });

  it('that changes every plugin does not end the agent', async () => {
    const { storm, folder, file, skep } = await rigOf();
    writeFileSync(
      file,
      `version: 1
${KEEP}
plugins: { anew: { use: opensnoop, options: { pid: ${storm.pid}, failed: true } } }
sinks: { anew: { use: file, path: ./anew.jsonl } }\n`,
    );
    await reload(skep);
    await storm.open(103);
    skep.kill('SIGINT');
    const { code, stderr } = await skep.ended;
    expect(accountOf(stderr, 'anew.opens -> anew')).toMatchObject({ attempted: 103, delivered: 103 });
    expect(linesOf(readFileSync(join(folder, 'anew.jsonl'), 'utf8'))).toHaveLength(103);
    expect(code).toBe(0);
  });

  it.each<readonly [string, string, string, RegExp]>([
    ['that is no YAML', '  : {[', '', /error\[SKEP_CONFIG\]/],
    ['with a wrong option', '  more: { use: opensnoop, options: { pdi: 1 } }', '', /unknown option "pdi"/],
    ['with a plugin nobody has', '  more: nosuchtool', '', /no plugin "nosuchtool"/],
    [
      'with a sink that cannot be opened',
      '  execs: execsnoop',
      '  bad: { use: file, path: /proc/none/rows.jsonl }',
      /cannot .*\/proc\/none/,
    ],
    [
      'with fields that a sink cannot print',
      '  execs: execsnoop',
      '  bad: { use: stdout, fields: [nope] }',
      /unknown field "nope"/,
    ],
  ])('with a file %s leaves the old configuration running', async (_, plugins, sinks, message) => {
    const { storm, skep, configure, rows } = await rigOf();
    const programs = skep.links;
    await storm.open(101);
    configure(plugins, sinks);
    await reload(skep, 'was not taken');
    expect(skep.stderr).toMatch(message);
    expect(skep.stderr).toMatch(/skep\.yaml was not taken; the old configuration goes on/);
    expect(skep.links).toEqual(programs);
    await storm.open(103);
    // And a good one is taken afterwards.
    configure('', '');
    await reload(skep);
    await storm.open(107);
    skep.kill('SIGINT');
    const { code, stderr } = await skep.ended;
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(accountOf(stderr, 'opens.opens -> all')).toMatchObject({ attempted: 311, delivered: 311, lost: 0 });
    expect(rows('all.jsonl')).toHaveLength(311);
    expect(code).toBe(0);
  });
});

describe('--watch', () => {
  it('takes over what is written, again and again, and keeps the old configuration when that is wrong or gone', async () => {
    const { file, skep, configure } = await rigOf('', '', KEEP, '--watch');
    const programs = skep.links;
    const taken = () => count(skep.stderr, /reloaded/g);
    configure('  execs: execsnoop', '');
    await skep.until('the new file is taken', () => taken() === 1);
    configure('  execs: nosuchtool', '');
    await skep.until('the bad file is refused', () => /was not taken/.test(skep.stderr));
    rmSync(file);
    configure('', '');
    await skep.until('the next file is taken', () => taken() === 2);
    writeFileSync(file, `${readFileSync(file, 'utf8')}# written in place\n`);
    await skep.until('what is written in place is taken', () => taken() === 3);
    expect(skep.links).toEqual(programs);
    skep.kill('SIGINT');
    expect((await skep.ended).code).toBe(0);
  });
});

describe('the metrics endpoint', () => {
  function fetchText(url: string): Promise<{ status: number; type: string; text: string }> {
    return new Promise((resolve, reject) => {
      get(url, { agent: false }, async (response) => {
        const parts: Buffer[] = [];
        for await (const part of response) parts.push(part as Buffer);
        const type = response.headers['content-type'] ?? '';
        resolve({ status: response.statusCode!, type, text: Buffer.concat(parts).toString() });
      }).on('error', reject);
    });
  }

  it('answers in the format of Prometheus, follows a reload, and keeps a port that is in use from being taken', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const at = (n: number) => `agent: { metrics: "127.0.0.1:${n}" }`;
    const { storm, skep, configure } = await rigOf('', '', at(port));
    await storm.open(1009);
    const answer = await until('all rows are counted', async () => {
      const found = await fetchText(`http://127.0.0.1:${port}/metrics`);
      return found.text.includes('outcome="delivered"} 1009') && found;
    });
    expect(answer.status).toBe(200);
    expect(answer.type).toBe('text/plain; version=0.0.4');
    const sample = /^[a-z_]+(\{([a-z]+="[^"\n]*",?)+\})? -?\d+(\.\d+)?$/;
    const lines = linesOf(answer.text);
    expect(answer.text.endsWith('\n')).toBe(true);
    expect(lines.filter((line) => !line.startsWith('#') && !sample.test(line))).toEqual([]);
    for (const name of new Set(lines.filter((line) => !line.startsWith('#')).map((line) => line.split(/[{ ]/)[0]!))) {
      expect(lines.filter((line) => line.startsWith(`# TYPE ${name} `))).toHaveLength(1);
    }
    expect(lines).toContain('skep_attempted_total{source="opens",stream="opens",sink="all"} 1009');
    expect((await fetchText(`http://127.0.0.1:${port}/`)).status).toBe(404);

    configure('', '', at(other));
    await reload(skep);
    expect((await fetchText(`http://127.0.0.1:${other}/metrics`)).status).toBe(200);
    await expect(fetchText(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow('ECONNREFUSED');

    const squatter = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    try {
      configure('', '', at(port));
      await reload(skep, 'was not taken');
      expect(skep.stderr).toMatch(/metrics cannot listen on 127\.0\.0\.1:\d+/);
      expect((await fetchText(`http://127.0.0.1:${other}/metrics`)).status).toBe(200);
    } finally {
      squatter.close();
    }
    skep.kill('SIGINT');
    expect((await skep.ended).code).toBe(0);
  });
});
