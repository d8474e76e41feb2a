// node tools/headers/dist/main.js: prints the folder for BCC_KERNEL_SOURCE; nothing when this kernel has headers.
import { prepareHeaders } from './headers.js';

const { BCC_KERNEL_SOURCE } = prepareHeaders((text) => process.stderr.write(`headers: ${text}\n`));
if (BCC_KERNEL_SOURCE !== undefined) process.stdout.write(`${BCC_KERNEL_SOURCE}\n`);
