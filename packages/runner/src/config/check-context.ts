import type { Catalog } from '../discovery/catalog.js';
import type { CheckedFrame } from './check-frame.js';
import type { PluginInstance } from './config.js';
import type { Problems } from './problems.js';
import type { SourceText } from './source.js';
import type { Environment } from './substitute.js';
import type { FindAccount } from './users.js';

/**
 * Compiles an expression for the plugins whose rows it is asked about, to find its mistakes.
 *
 * @throws SkepError with `location` in the text itself (line and column from 1); the place in the file is worked out.
 */
export type CheckWhere = (where: string, plugins: readonly PluginInstance[]) => void | Promise<void>;

/** What every check of an instance works with. */
export interface CheckContext {
  readonly source: SourceText;
  readonly problems: Problems;
  readonly frame: CheckedFrame;
  readonly catalog: Catalog;
  readonly folder: string;
  readonly environment: Environment;
  readonly findUser: (name: string) => number | undefined;
  readonly findAccount: FindAccount;
  readonly checkWhere: CheckWhere;
}
