import { checkFilter, isSkepError, parseFilter, type Schema, SkepError, type SkepErrors } from '@skep/core';
import type { CheckWhere } from './check-context.js';
import type { PluginInstance } from './config.js';
import { placeInText, type TextInFile } from './scalar-place.js';

/**
 * Check an expression by the columns that the plugins' objects declare. No kernel is asked. Of a plugin whose object
 * cannot be read (a program compiled at run time, a package not built) only the syntax can be checked.
 */
export const checkWhereByColumns: CheckWhere = async (where, plugins) => {
  parseFilter(where);
  const schemas: Schema[] = [];
  for (const plugin of plugins) {
    const own = await schemasOf(plugin);
    if (!own) return;
    schemas.push(...own);
  }
  checkWhereBySchemas(where, schemas);
};

/** The same for streams that are known; undefined: only the syntax can be checked. */
export function checkWhereBySchemas(where: string, schemas: readonly Schema[] | undefined): void {
  const ast = parseFilter(where);
  if (schemas) checkFilter(ast, schemas);
}

/** The streams of a plugin by what its object declares; undefined when that cannot be read. */
export async function schemasOf({ name, plugin, options }: PluginInstance): Promise<readonly Schema[] | undefined> {
  const { definition } = plugin;
  // A definition may come from plain JavaScript, whatever its type says.
  if (!(definition.object?.url instanceof URL) && !definition.probe) return undefined;
  // Imported late: most files have no expression, and reading objects takes the FFI package along.
  const { pluginSchemas, readPluginObject } = await import('@skep/libbpf');
  try {
    const { info } = readPluginObject(definition);
    return pluginSchemas({ plugin: plugin.name, source: name }, definition, info, options);
  } catch {
    return undefined;
  }
}

/**
 * An error about an expression, moved from its place in the expression to its place in the file. Errors without a
 * place, and expressions whose places cannot be told, point at the whole value.
 */
export function placeWhereError(where: TextInFile, error: unknown): unknown {
  if (!isSkepError(error)) return error;
  const one = 'errors' in error ? (error as SkepErrors).errors[0] : error;
  if (!one) return error;
  const { location } = one;
  const place = location ? placeInText(where, location.line, location.column, location.length) : where.location;
  const details = one.details === undefined ? {} : { details: one.details };
  return new SkepError(one.code, one.message, one.remedy, { location: place, cause: error, ...details });
}
