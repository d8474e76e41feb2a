import { SkepError } from '@skep/core';
import type { ObjectInfo } from '../btf/index.js';
import type { Configurable } from '../constants.js';

/** The constants of an object as a load would set them, without one: options go here in place of into libbpf. */
export class ConstantImage implements Configurable {
  readonly name: string;
  readonly info: ObjectInfo;
  private readonly sections: ReadonlyMap<string, Uint8Array>;

  constructor(name: string, info: ObjectInfo, data: ReadonlyMap<string, Uint8Array>) {
    this.name = name;
    this.info = info;
    // Only these are frozen before the verifier looks: it takes their bytes for constants.
    const frozen = [...data].filter(([section]) => section.startsWith('.rodata'));
    this.sections = new Map(frozen.map(([section, bytes]) => [section, Uint8Array.from(bytes)]));
  }

  bytes(section: string): Uint8Array | undefined {
    return this.sections.get(section);
  }

  setConstant(name: string, bytes: Uint8Array): void {
    const variable = this.info.variables.get(name);
    const section = variable && this.sections.get(variable.section);
    if (!section || bytes.length > variable.size) {
      throw new SkepError('SKEP_PLUGIN', `${this.name} has no constant "${name}" of ${bytes.length} bytes`);
    }
    section.fill(0, variable.offset, variable.offset + variable.size);
    section.set(bytes, variable.offset);
  }

  /** Sizes and pinned maps do not change what a kernel takes. */
  map(): { usePinned(): void; setMaxEntries(): void } {
    return { usePinned: () => undefined, setMaxEntries: () => undefined };
  }
}
