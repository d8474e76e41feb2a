import { existsSync, statSync } from 'node:fs';
import { basename, resolve as resolvePath } from 'node:path';
import { type OptionDefinitions, type OptionValue, type OptionValues, SkepError } from '@skep/core';
import { type Btf, type ObjectInfo, resolve, sizeOf } from './btf/index.js';

const utf8 = new TextEncoder();

/** An object before it is loaded: what options can change of it. */
export interface Configurable {
  readonly name: string;
  readonly info: ObjectInfo;
  setConstant(name: string, bytes: Uint8Array): void;
  map(name: string): { usePinned(path: string): void; setMaxEntries(entries: number): void };
}

/**
 * Set the program's constants from the plugin's options: option `name` goes to the C variable `opt_<name>` when there
 * is one. Options without a value leave the C default.
 *
 * @throws SkepError SKEP_OPTION when a value does not fit its variable.
 */
export function applyOptions(object: Configurable, definitions: OptionDefinitions, values: OptionValues): void {
  for (const [name, definition] of Object.entries(definitions)) {
    const value = values[name];
    if (value === undefined) continue;
    if (definition.kind === 'pinned-map') {
      object.map(definition.map).usePinned(value as string);
      object.setConstant(`${definition.map}_on`, Uint8Array.of(1));
    } else if (definition.kind === 'cgroup') {
      setCgroup(object, name, value as string);
    } else if (definition.kind === 'disk') {
      setDisk(object, name, value as string);
    } else if (definition.kind === 'map-entries') {
      const { map } = definition;
      const names = [map, `${map}_0`, `${map}_1`].filter((one) => object.info.maps.includes(one));
      for (const one of names) object.map(one).setMaxEntries(Number(value));
    } else if (definition.kind === 'ring-pages') {
      object.map(definition.ring).setMaxEntries(Number(value) * 4096);
    } else {
      const resolve_ = definition.resolve as ((value: OptionValue) => ConstantValue) | undefined;
      const variable = `opt_${name}`;
      if (!object.info.variables.has(variable)) continue;
      setConstant(object, name, variable, resolve_ ? resolve_(value) : (value as ConstantValue));
    }
  }
}

type ConstantValue = boolean | number | bigint | string | readonly (number | bigint | string)[];

function setConstant(object: Configurable, option: string, variable: string, value: ConstantValue): void {
  const { type } = object.info.variables.get(variable)!;
  const bytes = encode(object.info.btf, type, value);
  if (bytes === undefined) {
    throw new SkepError(
      'SKEP_OPTION',
      `option "${option}" of ${object.name}: ${String(value)} does not fit the program`,
      roomOf(object.info.btf, type),
    );
  }
  object.setConstant(variable, bytes);
}

/** What a variable takes, as a remedy. */
function roomOf(btf: Btf, id: number): string {
  const { type } = resolve(btf, id);
  const size = sizeOf(btf, id);
  if (type.kind === 'array') {
    const isText = sizeOf(btf, type.type) === 1;
    return isText ? `at most ${size - 1} bytes of text` : `at most ${type.count} values`;
  }
  if (type.kind !== 'int' && type.kind !== 'enum') return '';
  const bits = BigInt(type.kind === 'int' && type.bool ? 1 : size * 8);
  return type.signed ? `${-(1n << (bits - 1n))} to ${(1n << (bits - 1n)) - 1n}` : `0 to ${(1n << bits) - 1n}`;
}

/** The C representation of a value; undefined when it does not fit. Lists fill arrays, the rest stays 0. */
export function encode(btf: Btf, id: number, value: ConstantValue): Uint8Array | undefined {
  const { type } = resolve(btf, id);
  const size = sizeOf(btf, id);
  if (type.kind === 'int' || type.kind === 'enum') {
    if (typeof value === 'object') return undefined;
    let number: bigint;
    try {
      number = BigInt(value);
    } catch {
      return undefined;
    }
    if (!fits(number, type, BigInt(size * 8))) return undefined;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, number), true);
    return bytes.slice(0, size);
  }
  if (type.kind !== 'array') return undefined;
  if (typeof value === 'string') {
    const text = utf8.encode(value);
    return text.length < size ? text : undefined;
  }
  if (!Array.isArray(value) || value.length > type.count) return undefined;
  const step = sizeOf(btf, type.type);
  const bytes = new Uint8Array(size);
  for (const [i, item] of value.entries()) {
    const part = encode(btf, type.type, item);
    if (!part) return undefined;
    bytes.set(part, i * step);
  }
  return bytes;
}

function fits(number: bigint, type: { readonly signed: boolean; readonly bool?: boolean }, bits: bigint): boolean {
  if (type.bool) return number === 0n || number === 1n;
  if (type.signed) return number >= -(1n << (bits - 1n)) && number < 1n << (bits - 1n);
  return number >= 0n && number < 1n << bits;
}

/** A cgroup v2 directory's id is its inode; its level is its depth below the mount, which the kernel can ask for. */
function setCgroup(object: Configurable, option: string, path: string): void {
  const { id: number, level } = cgroupOf(path, `option "${option}" of ${object.name}`);
  const id = new Uint8Array(8);
  new DataView(id.buffer).setBigUint64(0, number, true);
  object.setConstant('skep_cgroup_id', id);
  object.setConstant('skep_cgroup_level', new Uint8Array(new Uint32Array([level]).buffer));
}

/**
 * The id of a cgroup v2 directory and its depth, as `bpf_get_current_ancestor_cgroup_id` takes them.
 *
 * @throws SkepError SKEP_OPTION when it is none; `what` asks for it.
 */
export function cgroupOf(path: string, what = 'cgroup'): { readonly id: bigint; readonly level: number } {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stat?.isDirectory()) throw new SkepError('SKEP_OPTION', `${what}: no directory ${path}`);
  let level = 0;
  let parent = path;
  for (; ; level++) {
    parent = `${parent}/..`;
    const above = statSync(parent, { bigint: true });
    if (above.dev !== stat.dev || (above.ino === stat.ino && level > 0)) break;
    if (level > 64) throw new SkepError('SKEP_OPTION', `${what}: ${path} is not in cgroup2`);
  }
  return { id: stat.ino, level };
}

/** Major and minor of a disk in /dev, as the kernel's own dev_t: major << 20 | minor. */
function setDisk(object: Configurable, option: string, disk: string): void {
  const stat = statSync(resolvePath('/dev', disk), { throwIfNoEntry: false });
  if (!stat?.isBlockDevice()) {
    throw new SkepError('SKEP_OPTION', `option "${option}" of ${object.name}: no such disk "${disk}"`);
  }
  if (existsSync(`/sys/class/block/${basename(disk)}/partition`)) {
    const remedy = 'give the disk it lies on: requests know only that';
    throw new SkepError('SKEP_OPTION', `option "${option}" of ${object.name}: "${disk}" is a partition`, remedy);
  }
  // Linux's encoding of st_rdev: 12 bits of major above 8 of minor, the rest of the minor above both.
  const major = (stat.rdev >>> 8) & 0xfff;
  const minor = (stat.rdev & 0xff) | ((stat.rdev >>> 12) & ~0xff);
  object.setConstant('skep_disk', new Uint8Array(new Uint32Array([(major << 20) | minor]).buffer));
}
