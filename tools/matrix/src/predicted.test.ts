import { fileURLToPath } from 'node:url';
import { kernelNamed, listPackages, loadPlugin, type PredictedSet, predictEverySet } from '@skep/runner/tool';
import { describe, expect, it } from 'vitest';
import { COLUMNS, HERE } from './kernels.js';
import { readPublished } from './results.js';
import { setKey } from './rows.js';

const WORKSPACE = fileURLToPath(new URL('../../..', import.meta.url));

const names = listPackages([WORKSPACE])
  .filter(({ kind }) => kind === 'plugin')
  .map(({ name }) => name)
  .sort();
const plugins = await Promise.all(names.map((name) => loadPlugin(name, [WORKSPACE])));
const measured = readPublished();

const line = ({ tool, set, verdict, reason }: PredictedSet) =>
  `${tool} [${set.join(' + ')}] ${verdict}${reason ? `: ${reason.replaceAll('\n', '; ')}` : ''}`;

describe.each(COLUMNS.filter((name) => name !== HERE))('on kernel %s', (name) => {
  const kernel = kernelNamed(name);
  const predicted = plugins.flatMap((plugin) => predictEverySet(plugin, name, kernel));

  it('what is predicted of every attach set is what was measured', () => {
    const differences = predicted.flatMap((row) => {
      const real = measured.find((one) => one.kernel === name && setKey(one) === setKey(row));
      const isOtherwise =
        (row.verdict === 'possible' && real?.verdict === 'refused') ||
        (row.verdict === 'refused' && (real?.verdict === 'seen' || real?.verdict === 'wrong'));
      return isOtherwise ? [`${line(row)} | measured: ${real!.verdict} ${real!.reason}`] : [];
    });
    expect(differences).toEqual([]);
  });

  it('every tool has a set that is possible', () => {
    const possible = new Set(predicted.filter(({ verdict }) => verdict === 'possible').map(({ tool }) => tool));
    expect(predicted.filter(({ tool }) => !possible.has(tool)).map(line)).toEqual([]);
  });

  it('nothing is left open', () => {
    expect(predicted.filter(({ verdict }) => verdict === 'unknown').map(line)).toEqual([]);
  });
});

it('of the sets that were measured, refusals are among those predicted: the comparison says something', () => {
  const refused = measured.filter(({ kernel, verdict }) => kernel !== HERE && verdict === 'refused');
  expect(refused.length).toBeGreaterThan(0);
});
