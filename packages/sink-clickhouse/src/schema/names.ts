import { SkepError } from '@skep/core';

/** What ClickHouse takes without quotes; with room for the suffixes of files and of tables beside it. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,126}$/;
/** Names of clusters are elements of a server's XML, or substitutions such as `{cluster}`. */
const CLUSTER = /^(?:[A-Za-z_][A-Za-z0-9_.-]{0,126}|\{[A-Za-z_][A-Za-z0-9_]{0,126}\})$/;

/** @throws SkepError SKEP_OPTION when it is not a name of letters, digits and underscores. */
export function checkDatabase(name: string): string {
  if (IDENTIFIER.test(name)) return name;
  throw new SkepError(
    'SKEP_OPTION',
    `${JSON.stringify(name)} cannot be the name of a database`,
    'use letters, digits and underscores, a letter first',
  );
}

/** @throws SkepError SKEP_OPTION */
export function checkCluster(name: string): string {
  if (CLUSTER.test(name)) return name;
  throw new SkepError(
    'SKEP_OPTION',
    `${JSON.stringify(name)} cannot be the name of a cluster`,
    'use the name of an element of remote_servers in the configuration of the server',
  );
}

/** @throws SkepError SKEP_SCHEMA when a plugin's word cannot be a column or table. */
export function checkName(name: string, what: string): string {
  if (IDENTIFIER.test(name)) return name;
  throw new SkepError(
    'SKEP_SCHEMA',
    `${what} ${JSON.stringify(name)} cannot be a name in SQL`,
    'use letters, digits and underscores, a letter first, 127 at most',
  );
}

/** Part of a table's name from a package's: `my-tool` becomes `my_tool`. */
export function tableWord(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_');
}

/** In backquotes: a column may be called `index`. */
export function quoted(identifier: string): string {
  return `\`${identifier.replace(/[\\`]/g, '\\$&')}\``;
}

/** A string literal that every version reads back as exactly this text. */
export function literal(text: string): string {
  const escaped = text
    .replace(/[\\']/g, '\\$&')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/\t/g, '\\t')
    .replace(/\0/g, '\\0');
  return `'${escaped}'`;
}
