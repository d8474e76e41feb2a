import type { SelfTest } from '@skep/core';
import type { Check } from './plugin-under-test.js';

/** There is a self-test, its options exist, and no two have one name. */
export const selftestProblems: Check = ({ definition, options, tool }) => {
  const tests = [definition.selftest].flat() as SelfTest[];
  const names = tests.map(({ name }) => name ?? tool);
  return [
    ...(tests.length === 0 ? ['there is no self-test'] : []),
    ...names.filter((name, i) => names.indexOf(name) !== i).map((name) => `two self-tests are called "${name}"`),
    ...tests.flatMap(({ options: given = {} }, i) =>
      Object.keys(given)
        .filter((name) => !Object.hasOwn(options, name))
        .map((name) => `self-test "${names[i]}" gives option "${name}": no such option`),
    ),
  ];
};
