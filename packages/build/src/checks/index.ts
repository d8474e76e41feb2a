export { manifestProblems } from './manifest.js';
export { defaultProblems, flagProblems, optionProblems, optionVariableProblems, valueProblems } from './options.js';
export { type Check, importPlugin, type PluginUnderTest, readPlugin } from './plugin-under-test.js';
export { mapProblems, programProblems, streamProblems } from './programs.js';
export { readmeProblems } from './readme.js';
export { defaultValues } from './sample-options.js';
export { selftestProblems } from './selftest.js';
export { docProblems, sourceProblems, structProblems } from './structs.js';
