// npm start [-- --duration 10s]: set up, build, and run the agent with configs/quickstart.yaml.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, debianPackages, main, npmPackages, PACKAGES, ROOT } from './steps.mjs';

await main(async () => {
  debianPackages(PACKAGES);
  npmPackages();
  build();
  const skep = join(ROOT, 'packages/cli/bin/skep.mjs');
  const args = [skep, 'run', 'configs/quickstart.yaml', ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  // Ctrl-C reaches the whole group; the agent drains and says what it saw, so this process only waits.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  }
  process.exitCode = await new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ? 1 : code)));
});
