export { HERE } from './kernels.js';
export { readMeasured, readPublished } from './results.js';
export type { MatrixRow, Verdict } from './rows.js';
