import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { processIdentity } from './process-identity.js';

it('is that of no process once it has ended, whether it was waited for or not', async () => {
  // A child of sleep, which waits for none. It ends when it is told to: a shell that is still there may ask for its status.
  const script = 'exec 3<&0; read line <&3 & echo $!; exec sleep 60';
  const parent = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    while (readFileSync(`/proc/${parent.pid}/comm`, 'latin1') !== 'sleep\n') await sleep(10);
    parent.stdin.write('\n');
    while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) await sleep(10);
    expect(processIdentity(pid)).toBeUndefined();
    expect(processIdentity(parent.pid!)).toMatch(/^\d+:\d+$/);
  } finally {
    const ended = once(parent, 'exit');
    parent.kill();
    await ended;
  }
});
