// Try a plugin's object without the command line: node tools/dev/try.mjs <plugin folder> [seconds] [options as JSON] [set]
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BatchBuilder, formatError, rowsOf } from '@skep/core';
import { attachSets, ObjectProbe, Poller, readObjectFile } from '@skep/libbpf';

const [folder, seconds = '3', json = '{}', set] = process.argv.slice(2);
const log = {
  debug: (m) => process.env.DEBUG && console.error(m),
  info() {},
  warn: console.error,
  error: console.error,
};
const { default: definition } = await import(pathToFileURL(join(resolve(folder), 'dist/index.js')).href);
const name = folder.replace(/\/$/, '').split('/').pop();
const options = {};
for (const [key, o] of Object.entries(definition.options ?? {})) if (o.default !== undefined) options[key] = o.default;
Object.assign(options, JSON.parse(json));
const poller = new Poller();
try {
  const probe = new ObjectProbe({
    owner: { plugin: name, source: name },
    definition,
    file: readObjectFile(definition.object.url),
    options,
    log,
    poller,
    everyMs: 1000,
    ...(set === undefined ? {} : { attachSet: Number(set) }),
  });
  console.error(
    'sets',
    attachSets(definition, options).map((s) => s.programs.join('+')),
  );
  await probe.open();
  await probe.attach();
  console.error('attached', probe.attachedSet?.programs);
  const builders = probe.schemas.map((schema) => new BatchBuilder(schema));
  const drain = () => {
    for (const builder of builders) {
      while (probe.drain(builder) > 0) {
        for (const row of rowsOf(builder.batch())) console.log(builder.schema.stream, row);
        builder.reset();
      }
    }
  };
  const end = performance.now() + Number(seconds) * 1000;
  while (performance.now() < end) {
    await poller.wait(100);
    drain();
  }
  await probe.finish();
  drain();
  for (const { stream } of probe.schemas) console.error(stream, probe.losses(stream));
  await probe.close();
  await poller.close();
} catch (error) {
  console.error(formatError(error), error.details ?? '', error.stack);
  process.exitCode = 1;
}
