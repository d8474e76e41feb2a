import {
  type Batch,
  type Column,
  defineProcessor,
  type Field,
  option,
  type Processor,
  type Schema,
  SkepError,
} from '@skep/core';
import { namesOf, type Places, SYSTEM } from './places.js';
import { textColumn } from './text-column.js';

const KINDS = ['user', 'group', 'ancestors', 'container', 'pod', 'service'] as const;
type Kind = (typeof KINDS)[number];

const options = { add: option.list('What is added', { choices: KINDS }) };

/** Columns to add: their fields, and the text of each for one value of the column they come from. */
interface Addition {
  /** Index of the column whose values are looked up. */
  readonly column: number;
  readonly fields: readonly Field[];
  /** A text per field. */
  look(value: number): readonly string[];
}

const SOURCES: Record<Exclude<Kind, 'service'>, string> = {
  user: 'uid',
  group: 'gid',
  ancestors: 'pid',
  container: 'pid',
  pod: 'pid',
};

/** `use: enrich`: names beside numbers, looked up once per value. */
export default defineProcessor({
  options,
  fields: ({ add }) => [
    ...new Set((add as Kind[] | undefined)?.flatMap((kind) => (kind === 'service' ? [] : SOURCES[kind]))),
  ],
  check({ add }) {
    if (!add?.length) {
      throw new SkepError('SKEP_OPTION', 'processor enrich needs option "add"', `add: [user], of ${KINDS.join(', ')}`);
    }
  },
  create: (input, { add }) => createEnrich(input, (add ?? []) as Kind[], SYSTEM),
});

/** The processor over the files of `places`; undefined when the stream has no column that it could look up. */
export function createEnrich(input: Schema, kinds: readonly Kind[], places: Places): Processor | undefined {
  const additions = kinds.flatMap((kind) => additionsOf(kind, input, places));
  const added = additions.flatMap(({ fields }) => fields);
  if (added.length === 0) return undefined;
  const taken = added.find(({ name }) => input.fields.some((field) => field.name === name));
  if (taken) {
    throw new SkepError(
      'SKEP_OPTION',
      `processor enrich: the stream has a column "${taken.name}" already`,
      'leave it out',
    );
  }
  const layout = { ...input.layout, columns: [...input.layout.columns, ...added.map(({ name }) => ({ field: name }))] };
  const schema: Schema = { ...input, fields: [...input.fields, ...added], layout };
  return {
    schema,
    process(batch: Batch): Batch {
      const columns: Column[] = [...batch.columns];
      for (const { column, fields, look } of additions) {
        const { values } = batch.columns[column] as { readonly values: ArrayLike<number> };
        const known = new Map<number, readonly string[]>();
        const rows = Array.from({ length: batch.rows }, (_, r) => {
          const value = values[r]!;
          let texts = known.get(value);
          if (!texts) known.set(value, (texts = look(value)));
          return texts;
        });
        for (const i of fields.keys()) columns.push(textColumn(rows.map((texts) => texts[i]!)));
      }
      return { ...batch, schema, columns };
    },
  };
}

function additionsOf(kind: Kind, input: Schema, places: Places): Addition[] {
  const names = namesOf(places);
  const at = (name: string) => input.fields.findIndex((field) => field.name === name && field.type !== 'bytes');
  const one = (source: string, docs: Record<string, string>, look: Addition['look']): Addition[] =>
    at(source) < 0 ? [] : [{ column: at(source), fields: Object.entries(docs).map(textField), look }];
  switch (kind) {
    case 'user':
      return one('uid', { user: 'name of the user, else the uid' }, (uid) => [names.users.name(uid) ?? String(uid)]);
    case 'group':
      return one('gid', { group: 'name of the group, else the gid' }, (gid) => [names.groups.name(gid) ?? String(gid)]);
    case 'ancestors':
      return one('pid', { ancestors: 'names of the parents, the first process first' }, (pid) => [
        names.processes.of(pid).ancestors,
      ]);
    case 'container':
      return one(
        'pid',
        {
          container_id: 'first 12 digits of the container',
          container_runtime: 'docker, containerd, cri-o, podman, lxc',
        },
        (pid) => {
          const { containerId, containerRuntime } = names.processes.of(pid);
          return [containerId, containerRuntime];
        },
      );
    case 'pod':
      return one('pid', { pod: 'Kubernetes pod: its name, else its uid', namespace: 'Kubernetes namespace' }, (pid) => {
        const { podUid } = names.processes.of(pid);
        const pod = podUid === '' ? undefined : names.pods.of(podUid);
        return pod ? [pod.name, pod.namespace] : [podUid, ''];
      });
    case 'service':
      return input.fields
        .filter(({ name, type }) => name.endsWith('port') && type !== 'bytes')
        .flatMap(({ name }) =>
          one(name, { [`${name}_service`]: `service of ${name}, '' when it has no name` }, (port) => [
            names.services.name(port) ?? '',
          ]),
        );
  }
}

function textField([name, doc]: [string, string]): Field {
  return { name, type: 'bytes', meaning: undefined, doc, size: 0, labels: undefined };
}
