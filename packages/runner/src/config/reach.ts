import type { Config } from './config.js';

/** Names of the sinks that rows of `plugin` come to, straight or through processors. */
export function sinksReached({ processors, sinks }: Config, plugin: string): string[] {
  const reached = new Set([plugin]);
  // In the order of the file each processor comes after those that feed it.
  for (const { name, from } of processors) if (from.some((one) => reached.has(one))) reached.add(name);
  return sinks.filter(({ from }) => from.some((one) => reached.has(one))).map(({ name }) => name);
}

/** Names of the plugins and processors, in the order of the file, whose rows come to no sink. */
export function withoutSink({ plugins, processors, sinks }: Config): string[] {
  const wanted = new Set(sinks.flatMap(({ from }) => from));
  for (const { name, from } of [...processors].reverse()) if (wanted.has(name)) for (const one of from) wanted.add(one);
  return [...plugins, ...processors].map(({ name }) => name).filter((name) => !wanted.has(name));
}
