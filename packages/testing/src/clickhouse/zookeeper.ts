import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { spawnTied } from './spawn-tied.js';

const JAR = '/usr/share/java/zookeeper.jar';
const START_MS = 120_000;

/** Whether this machine has ZooKeeper (Debian: zookeeper). */
export function hasZooKeeper(): boolean {
  return existsSync(JAR);
}

/** A ZooKeeper on the loopback interface, for replicated tables and ON CLUSTER. */
export class ZooKeeper {
  readonly port: number;
  private readonly folder = mkdtempSync(join(tmpdir(), 'skep-zookeeper-'));
  private readonly child: ChildProcess;

  private constructor(port: number) {
    this.port = port;
    const config = join(this.folder, 'zoo.cfg');
    writeFileSync(
      config,
      `dataDir=${this.folder}/data\nclientPort=${port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n`,
    );
    const main = 'org.apache.zookeeper.server.ZooKeeperServerMain';
    this.child = spawnTied(['java', '-Xmx128m', '-cp', JAR, main, config], { stdio: 'ignore' });
  }

  /** @throws Error when it does not answer within two minutes. */
  static async start(): Promise<ZooKeeper> {
    const zookeeper = new ZooKeeper(await freePort());
    for (const end = Date.now() + START_MS; Date.now() < end; ) {
      if (await answers(zookeeper.port)) return zookeeper;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await zookeeper.close();
    throw new Error('ZooKeeper did not start');
  }

  /** What a ClickHouse server's configuration says of it; `shard` is the server's own. */
  xml(shard: string): string {
    return (
      `<zookeeper><node><host>127.0.0.1</host><port>${this.port}</port></node></zookeeper>` +
      '<distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>' +
      `<macros><shard>${shard}</shard><replica>one</replica></macros>`
    );
  }

  async close(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill();
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** It listens before it answers, and a ClickHouse that asks in between waits for 10 s and gives up. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('srvr'));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (data) => {
      resolve(data.toString().startsWith('Zookeeper version'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
