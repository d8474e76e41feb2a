// npm run setup: what is missing is installed. npm run build: and everything is compiled.
import { build, debianPackages, main, npmPackages, PACKAGES } from './steps.mjs';

await main(() => {
  debianPackages(PACKAGES);
  npmPackages();
  if (process.argv.includes('--build')) build();
});
