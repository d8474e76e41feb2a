import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { processIdentity } from './process-identity.js';

it('is that of no process once it has ended, whether it was waited for or not', async () => {
  // The child of sleep, which does not wait for it.
  const parent = spawn('sh', ['-c', 'read line & echo $!; exec sleep 60'], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) await sleep(10);
    expect(processIdentity(pid)).toBeUndefined();
    expect(processIdentity(parent.pid!)).toMatch(/^\d+:\d+$/);
  } finally {
    const ended = once(parent, 'exit');
    parent.kill();
    await ended;
  }
});
