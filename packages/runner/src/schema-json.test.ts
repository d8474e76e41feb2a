// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the YAML under test substitutes, not JavaScript
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fakeInstallation, temporaryFolder } from '../test/fake-packages.js';
import { parseConfig } from './config/index.js';
import { createCatalog } from './discovery/index.js';
import { configSchema } from './schema-json.js';

const folder = temporaryFolder(fakeInstallation());
const catalog = createCatalog(folder);
const schema = configSchema([
  await catalog.plugin('opensnoop'),
  await catalog.plugin('biolatency'),
  await catalog.sink('stdout'),
  await catalog.sink('file'),
]);
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema);
const file = join(folder, 'skep.yaml');

// The schema helps in an editor, the checker decides: they must not contradict each other.
describe('configSchema', () => {
  it.each([
    'plugins: { opensnoop: }',
    'plugins: { a: opensnoop }',
    'plugins: { a: { use: opensnoop, every: 5s, options: { failed: true, pid: 5, flags: [O_CREAT], mode: long } } }',
    'plugins: { a: { use: opensnoop, options: { pid: "${PID:-5}", failed: "${F:-true}" } } }',
    'plugins: { opensnoop: { options: { user: 0, ports: 80 } } }',
    'plugins: { opensnoop: { use: biolatency, every: 2 } }',
    'plugins: { a: "@skep/plugin-opensnoop" }\nagent: { name: web, metrics: "127.0.0.1:9464", log: warn }',
    'plugins: { a: opensnoop }\nsinks: { stdout: , out: { use: file, path: x, from: a, where: "uid == 0", rotate: { size: 1MB, keep: 3 } } }',
    'plugins: { a: opensnoop }\nsinks: { out: { use: file, from: [a], password: { env: HOME } } }',
  ])('takes %s', async (text) => {
    const yaml = `version: 1\n${text}\n`;
    await parseConfig(yaml, file, { catalog });
    validate(parse(yaml));
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each([
    'plugins: {}',
    'plugins: { a: 5 }',
    'plugins: { 1a: opensnoop }',
    'plugins: { a: { use: opensnoop, evry: 5s } }',
    'plugins: { a: { use: opensnoop, options: { fialed: true } } }',
    'plugins: { opensnoop: { options: { fialed: true } } }',
    'plugins: { a: { use: opensnoop, options: { pid: 0 } } }',
    'plugins: { a: { use: opensnoop, options: { flags: [O_NONE] } } }',
    'plugins: { a: { use: biolatency, options: { pid: 1 } } }',
    'plugins: { a: opensnoop }\nsinks: { stdout: { format: jsn } }',
    'plugins: { a: opensnoop }\nsinks: { x: { use: file, pth: a } }',
    'plugins: { a: opensnoop }\nsinks: { x: { use: file, rotate: { kep: 1 } } }',
    'plugins: { a: opensnoop }\nagent: { nmae: x }',
    'plugins: { a: opensnoop }\nother: 1',
  ])('refuses %s', async (text) => {
    const yaml = `version: 1\n${text}\n`;
    await expect(parseConfig(yaml, file, { catalog })).rejects.toThrow();
    expect(validate(parse(yaml))).toBe(false);
  });

  it('carries help and defaults for the editor', () => {
    const text = JSON.stringify(schema);
    expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
    expect(text).toContain('Only failed opens');
    expect(text).toContain('"default":"short"');
  });
});
