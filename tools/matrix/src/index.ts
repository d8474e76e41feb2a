export { HERE } from './kernels.js';
export { readMeasured, readPublished, resultsFolder } from './results.js';
export type { MatrixRow, Verdict } from './rows.js';
