import type { Log } from '@skep/core';
import { describe, expect, it } from 'vitest';
import type { Config } from '../config/config.js';
import { Strays } from './strays.js';

const instances = {
  plugins: [{ name: 'opens', plugin: { folder: '/srv/node modules/skep-plugin-opens' } }],
  processors: [],
  sinks: [{ name: 'out', sink: { folder: '/srv/skep-sink-out' } }],
} as unknown as Config;

function thrownIn(...files: string[]): Error {
  const error = new Error('boom');
  error.stack = ['Error: boom', ...files.map((file) => `    at f (${file}:1:2)`)].join('\n');
  return error;
}

function strays() {
  const said: string[] = [];
  const log = { error: (text: string) => said.push(text) } as unknown as Log;
  return { strays: new Strays(log), said };
}

describe('Strays', () => {
  it('names the package whose frame is innermost', () => {
    const { strays: own, said } = strays();
    const plugin = 'file:///srv/node%20modules/skep-plugin-opens/dist/index.js';
    expect(own.take(thrownIn('node:internal/timers', plugin, '/srv/skep-sink-out/x.js'), instances)).toBe(true);
    expect(own.take(thrownIn('/srv/skep-sink-out/x.js'), instances)).toBe(true);
    expect(said).toEqual([
      'plugin opens threw outside of its calls (1 in all): boom',
      'sink out threw outside of its calls (1 in all): boom',
    ]);
  });

  it('leaves alone what comes from elsewhere', () => {
    const { strays: own, said } = strays();
    for (const error of [thrownIn('/srv/skep-sink-outer/x.js'), thrownIn(), 'boom', undefined]) {
      expect(own.take(error, instances)).toBe(false);
    }
    expect([said, own.lines()]).toEqual([[], []]);
  });

  it('counts every one, and says ever fewer', () => {
    const { strays: own, said } = strays();
    for (let i = 0; i < 1234; i++) own.take(thrownIn('/srv/skep-sink-out/x.js'), instances);
    expect(said.map((line) => /\((\d+) in all/.exec(line)![1])).toEqual(['1', '10', '100', '1000']);
    expect(own.lines()).toEqual(['sink out: 1234 errors outside of its calls']);
  });
});
