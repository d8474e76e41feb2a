import { rmSync, writeFileSync } from 'node:fs';
import { formatError } from '@skep/core';
import { Embedded, FolderTaken } from './embedded.js';
import { EXIT_TAKEN, layoutOf, SOCKET_NAME } from './layout.js';
import { StoreServer } from './server.js';

/** The process of its own that `startStore` starts: `node main.js FOLDER`. */
async function main(folder: string): Promise<void> {
  process.title = 'skep store';
  const layout = layoutOf(folder);
  // The socket is bound by its name alone: a path may be too long for one.
  process.chdir(layout.folder);
  const engine = open(layout);
  if (!engine) return;
  const stop = oneStop(async () => {
    await server.close();
    // While the folder is still ours: once the engine lets it go, the next store may have put its own there.
    rmSync(layout.socket, { force: true });
    rmSync(layout.pid, { force: true });
    await engine.close();
    process.exit(0);
  });
  const server = new StoreServer(engine, layout, stop);
  writeFileSync(layout.pid, `${process.pid}\n`, { mode: 0o600 });
  await server.listen(SOCKET_NAME);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', stop);
}

function open(layout: ReturnType<typeof layoutOf>): Embedded | undefined {
  try {
    return new Embedded(layout);
  } catch (error) {
    if (!(error instanceof FolderTaken)) throw error;
    process.exitCode = EXIT_TAKEN;
    return undefined;
  }
}

function oneStop(stop: () => Promise<void>): () => void {
  let isStopping = false;
  return () => {
    if (isStopping) return;
    isStopping = true;
    void stop();
  };
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('error[SKEP_USAGE]: which folder?\n');
  process.exitCode = 2;
} else {
  main(folder).catch((error: unknown) => {
    process.stderr.write(`${formatError(error)}\n`);
    process.exit(1);
  });
}
