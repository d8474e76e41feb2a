// kernel-members: which members of skep/kernel/*.h which kernel lacks. Kernels: the running one, and SKEP_BTF_FOLDER.
import { fileURLToPath } from 'node:url';
import { declaredMembers } from './declared-members.js';
import { isFlavour, lackingMembers } from './kernel-members.js';
import { kernelsIn, runningKernel } from './kernels.js';

const include = fileURLToPath(new URL('../../../packages/libbpf/include', import.meta.url));
const folder = process.env.SKEP_BTF_FOLDER;
const running = runningKernel();
const kernels = [...(folder ? kernelsIn(folder) : []), ...(running ? [running] : [])];
const declared = declaredMembers(include);
const lacks = lackingMembers(declared, kernels);
for (const { struct, member, kernels: names } of lacks) {
  process.stdout.write(`struct ${struct}: ${member} is not in ${names.join(', ')}\n`);
}
const total = [...declared.values()].reduce((sum, members) => sum + members.size, 0);
process.stdout.write(`${total} members of ${declared.size} structs, ${kernels.length} kernels\n`);
// With the running kernel alone, a shape of older kernels is found nowhere, and that is right.
const wrong = lacks.filter(({ everywhere, struct }) => everywhere && (folder !== undefined || !isFlavour(struct)));
if (kernels.length > 0 && wrong.length > 0) process.exitCode = 1;
