import { knownKernels } from '@skep/libbpf';
import { kernelNamed, type LoadedPlugin, predictPlugin } from '@skep/runner/tool';

/** What one of the kernels that skep has descriptions of would make of a plugin. */
export interface KernelVerdict {
  /** `6.1` */
  readonly kernel: string;
  readonly verdict: 'possible' | 'unknown' | 'refused';
  /** Programs of the attach set that it would take; of a kernel that refuses all, those of the first. */
  readonly programs: readonly string[];
  /** Why the sets before it are refused; '' when it is the first. */
  readonly reason: string;
}

/** Ask every known kernel which attach set it would take, CO-RE relocations included; nothing is loaded. */
export function kernelVerdicts(plugin: LoadedPlugin): KernelVerdict[] {
  return knownKernels().map(({ name }) => {
    const sets = predictPlugin(plugin, kernelNamed(name));
    const taken = sets.find(({ verdict }) => verdict !== 'refused');
    const before = taken ? sets.slice(0, sets.indexOf(taken)) : sets;
    return {
      kernel: name,
      verdict: taken?.verdict ?? 'refused',
      programs: ((taken ?? sets[0])?.programs ?? []).map((program) => program.name),
      reason: [taken?.reason ?? '', ...before.map((set) => set.reason)].filter(Boolean).join('\n'),
    };
  });
}
