import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { compiled } from './compile.js';

/** A process that opens one path at full speed, as often as it is told, and opens nothing else. */
export class Storm {
  readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private replies = '';
  private waiting: (() => void) | undefined;

  constructor(path: string) {
    this.child = spawn(compiled('storm'), [path], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = once(this.child, 'exit');
    this.child.stdout!.on('data', (bytes: Buffer) => {
      this.replies += bytes.toString();
      this.waiting?.();
    });
    onTestFinished(() => void this.child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Open `count` times; settles when that is done. */
  async open(count: number): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.waiting = () => {
        if (this.replies.includes('\n')) resolve();
      };
    });
    this.replies = '';
    this.child.stdin!.write(`${count}\n`);
    await done;
  }

  async end(): Promise<void> {
    this.child.stdin!.end();
    await this.ended;
  }
}
