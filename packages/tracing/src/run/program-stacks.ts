import type { FrameStyle, StackMember, Symbolizer } from '@skep/core';
import { EventStacks, NamedStacks } from '@skep/libbpf';
import { STACK_SIDE, STACK_TABLES } from '../program/stack-text.js';
import type { CompiledTracer } from './compiled-tracer.js';

/** The stacks that events of a compiled program refer to, with names. */
export class ProgramStacks {
  private readonly store: EventStacks;
  private readonly named: NamedStacks;

  /** @param tracer open; its program holds `STACK_TEXT` */
  constructor(tracer: CompiledTracer, symbolizer: Symbolizer, style: FrameStyle) {
    const side = tracer.map(STACK_SIDE);
    const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
    this.store = new EventStacks(
      STACK_TABLES.map((name) => tracer.map(name)),
      (to) => side.update(word(0), word(to)),
    );
    this.named = new NamedStacks(symbolizer, style, (id) => this.store.addresses(id));
  }

  /** The frames of the meaning `skep_frames`; no bytes when there is no stack. */
  frames(half: StackMember['half'], id: bigint, pid: number): Uint8Array {
    return this.named.frames(half, Number(id & 0xffffffffn), Number(id >> 32n), pid);
  }

  /** When every event has been drained: make room when it is time, and forget the names, since ids of processes are used again. */
  turn(): void {
    this.store.turn();
    this.named.forget();
  }
}
