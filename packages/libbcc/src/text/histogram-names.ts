import { withoutComments } from './struct-names.js';

/** Names of the tables that a text declares as histograms: libbcc does not tell them from arrays and hashes. */
export function histogramNames(text: string): ReadonlySet<string> {
  const found = withoutComments(text).matchAll(/\bBPF_HISTOGRAM\s*\(\s*(\w+)/g);
  return new Set([...found].map(([, name]) => name!));
}
