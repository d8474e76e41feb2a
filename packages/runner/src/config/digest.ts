import { createHash } from 'node:crypto';
import type { Config } from './config.js';

/** The same for configurations that do the same, wherever their files lie; no secret is in it. */
export function configDigest({ agent, plugins, sinks }: Config): string {
  const plain = {
    agent,
    plugins: plugins.map(({ name, plugin, options, everyMs, program }) => [
      [name, plugin.package, plugin.version],
      options,
      [everyMs, program?.text],
    ]),
    sinks: sinks.map(({ name, sink, options, secrets, from, where }) => [
      [name, sink.package, sink.version],
      withoutSecrets(options, secrets),
      [from, where?.text],
    ]),
  };
  return createHash('sha256').update(JSON.stringify(plain)).digest('hex').slice(0, 16);
}

function withoutSecrets(value: unknown, secrets: readonly string[], path = ''): unknown {
  if (secrets.includes(path)) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const inside = (key: string) => (path === '' ? key : `${path}.${key}`);
  return Object.fromEntries(
    Object.entries(value).map(([key, nested]) => [key, withoutSecrets(nested, secrets, inside(key))]),
  );
}
