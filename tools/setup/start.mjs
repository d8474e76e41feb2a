// npm start [-- --duration 10s]: set up, build, and run the agent with configs/quickstart.yaml; then say how to ask for
// what it has stored.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, debianPackages, main, npmPackages, PACKAGES, ROOT } from './steps.mjs';

await main(async () => {
  debianPackages(PACKAGES);
  npmPackages();
  build();
  const skep = join(ROOT, 'packages/cli/bin/skep.mjs');
  const config = 'configs/quickstart.yaml';
  const args = [skep, 'run', config, ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  // Ctrl-C reaches the whole group; the agent drains and says what it saw, so this process only waits.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  }
  process.exitCode = await new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ? 1 : code)));
  if (process.exitCode === 0) {
    process.stderr.write(
      `\nEverything is stored in ./data/store. Ask for it, here, while the agent runs or not:\n\n` +
        `    npx skep query top-opens -c ${config}\n` +
        `    npx skep query "SELECT comm, count() FROM opensnoop_opens GROUP BY comm" -c ${config}\n` +
        `    npx skep query --list\n`,
    );
  }
});
