import { writeDescriptions } from './write.js';

const total = await writeDescriptions((line) => process.stderr.write(`kernels: ${line}\n`));
process.stderr.write(`kernels: ${Math.round(total / 1024)} KiB together\n`);
