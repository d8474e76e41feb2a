import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { linksOf } from './support/bpf.js';
import { ROOT, SKEP, temporaryFolder } from './support/paths.js';
import { runSkep } from './support/skep.js';
import { until } from './support/until.js';

/** A terminal of 120 columns with a shell in it, as a user sees it. */
class Terminal {
  private readonly socket = join(temporaryFolder(), 'tmux');

  private constructor() {
    this.tmux('-f', '/dev/null', 'new-session', '-d', '-x', '120', '-y', '50', 'sh');
    onTestFinished(() => {
      try {
        this.tmux('kill-server');
      } catch {} // closed by the test
    });
  }

  static async open(env: Readonly<Record<string, string>> = {}): Promise<Terminal> {
    const terminal = new Terminal();
    terminal.type(`PS1='$ '; cd ${ROOT}; alias skep='${process.execPath} ${SKEP}'; unset NO_COLOR`);
    terminal.type('clear; echo ready');
    await terminal.until('the shell is ready', (text) => /^ready\n\$ *$/.test(text.trim()));
    // Afterwards: a dumb terminal cannot be cleared.
    for (const [name, value] of Object.entries(env)) terminal.type(`export ${name}=${value}`);
    return terminal;
  }

  tmux(...args: string[]): string {
    return execFileSync('tmux', ['-S', this.socket, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  type(line: string): void {
    this.tmux('send-keys', line, 'Enter');
  }

  key(name: string): void {
    this.tmux('send-keys', name);
  }

  get text(): string {
    return this.tmux('capture-pane', '-p');
  }

  /** With the escape sequences of colours. */
  get colored(): string {
    return this.tmux('capture-pane', '-p', '-e');
  }

  until<T>(what: string, condition: (text: string) => T | undefined | false): Promise<T> {
    return until(
      what,
      () => condition(this.text),
      () => this.text,
    );
  }

  /** Pid of the skep that runs in it. */
  get pid(): number {
    const shell = this.tmux('display-message', '-p', '#{pane_pid}').trim();
    return Number(execFileSync('pgrep', ['-P', shell], { encoding: 'utf8' }).trim());
  }
}

it('a tool on a terminal prints a bold header at once, and ends with Ctrl-C and the account', async () => {
  const terminal = await Terminal.open();
  terminal.type('skep opensnoop -p $$');
  await terminal.until('the header is there', (text) => /^PID +COMM +FD ERR PATH$/m.test(text));
  expect(terminal.colored).toMatch(/\x1b\[1mPID/);
  terminal.key('C-c');
  await terminal.until('the account is there', (text) =>
    /^skep: opens: 0 attempted = 0 delivered \+ 0 lost$/m.test(text),
  );
  terminal.type('echo "exit $?"');
  await terminal.until('its exit code', (text) => /exit 0 *$/m.test(text));
});

it.each([
  ['NO_COLOR', { NO_COLOR: '1' }],
  ['TERM=dumb', { TERM: 'dumb' }],
])('%s turns colours off', async (_, env: Readonly<Record<string, string>>) => {
  const terminal = await Terminal.open(env);
  terminal.type('skep opensnoop -p $$');
  await terminal.until('the header is there', (text) => /^PID +COMM/m.test(text));
  expect(terminal.colored).not.toMatch(/\x1b\[[0-9;]*m/);
  terminal.key('C-c');
  await terminal.until('the account is there', (text) => /attempted/.test(text));
});

it('without a terminal there are no colours, and standard output holds data only', async () => {
  const { stdout, stderr } = await runSkep(['opensnoop', '--exec', 'cat', '/etc/hostname']);
  expect(stdout).not.toContain('\x1b');
  expect(stdout).toMatch(/^PID +COMM/);
  expect(stdout).not.toContain('skep:');
  expect(stderr).toMatch(/^skep: opens: \d+ attempted = \d+ delivered \+ 0 lost\n$/);
});

it('a top tool clears the screen and draws anew', async () => {
  const terminal = await Terminal.open();
  terminal.type('skep biotop 1 3');
  await terminal.until('it has ended', (text) => /^skep: counts: /m.test(text));
  expect(terminal.text.match(/loadavg:/g)).toHaveLength(1);
  expect(terminal.text.trimStart()).toMatch(/^\d\d:\d\d:\d\d loadavg: /);
});

it('an agent prefixes the lines of several plugins with their names, each in its colour', async () => {
  const terminal = await Terminal.open();
  const file = join(temporaryFolder(), 'skep.yaml');
  const yaml = `version: 1
plugins: { opens: { use: opensnoop, options: { failed: true } }, execs: execsnoop }
sinks: { screen: { use: stdout, where: "comm == 'skep-e2e-cat'" } }\n`;
  writeFileSync(file, yaml);
  terminal.type(`skep run ${file}`);
  await terminal.until('it runs', (text) => /^skep: opens, execs -> screen; Ctrl-C ends$/m.test(text));
  const cat = join(temporaryFolder(), 'skep-e2e-cat');
  execFileSync('cp', ['/bin/cat', cat]);
  execFileSync('sh', ['-c', `${cat} /skep-e2e/none 2>/dev/null; true`]);
  await terminal.until(
    'rows of both',
    (text) => /^opens \| .*\/skep-e2e\/none$/m.test(text) && /^execs \| skep-e2e-cat/m.test(text),
  );
  expect(terminal.colored).toMatch(/\x1b\[36mopens \|/);
  expect(terminal.colored).toMatch(/\x1b\[33mexecs \|/);
  terminal.key('C-c');
  await terminal.until('the account', (text) => /^skep: opens\.opens -> screen: /m.test(text));
});

it('an agent whose terminal is closed ends, and nothing stays attached', async () => {
  const terminal = await Terminal.open();
  const file = join(temporaryFolder(), 'skep.yaml');
  writeFileSync(file, 'version: 1\nplugins: { opens: { use: opensnoop, options: { pid: 1 } } }\n');
  terminal.type(`skep run ${file}`);
  await terminal.until('it runs', (text) => /Ctrl-C ends/.test(text));
  const { pid } = terminal;
  expect(linksOf(pid).length).toBeGreaterThan(0);
  terminal.tmux('kill-server');
  await until('it has ended', () => linksOf(pid).length === 0);
});

it('a long query says how far it is and ends with Ctrl-C; a wide table is cut to the terminal', async () => {
  const terminal = await Terminal.open();
  const store = temporaryFolder();
  // What an agent that never stored anything leaves behind.
  mkdirSync(join(store, 'engine'));
  const endless = 'SELECT count() FROM system.numbers WHERE sipHash64(number) = 1';
  terminal.type(`skep query --url chdb:${store} --database default '${endless}'; echo "exit $?"`);
  await terminal.until('progress', (text) => /^\d+ [kM] rows read, \d+\.\d s; Ctrl-C ends$/m.test(text));
  terminal.key('C-c');
  await terminal.until('its exit code', (text) => /^exit 130$/m.test(text));
  terminal.type(`clear; skep query --url chdb:${store} --database default "SELECT repeat('x', 500) AS wide, 1 AS n"`);
  const row = await terminal.until('a table', (text) => /^x+….*$/m.exec(text)?.[0]);
  expect(row).toHaveLength(120);
});
