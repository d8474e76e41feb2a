import { SkepError } from '@skep/core';
import { kernelName, syscallFunction } from '@skep/libbcc';
import type { Place } from '../spec/place.js';

const COMMON: Readonly<Record<string, string>> = {
  $uid: '((u32)bpf_get_current_uid_gid())',
  $gid: '((u32)(bpf_get_current_uid_gid() >> 32))',
  $pid: '((u32)bpf_get_current_pid_tgid())',
  $tgid: '((u32)(bpf_get_current_pid_tgid() >> 32))',
  $cpu: '((u32)bpf_get_smp_processor_id())',
  $task: '((struct task_struct *)bpf_get_current_task())',
};

/** Words that mean the same in every specifier, such as `$pid`. */
export function commonWord(word: string): string | undefined {
  return COMMON[word];
}

export const COMMON_WORDS: readonly string[] = Object.keys(COMMON);

/** Whether a kernel function is a system call's, whose only parameter points to the caller's registers. */
export function isSyscall({ kind, library, name }: Place): boolean {
  if ((kind !== 'p' && kind !== 'r') || library !== '') return false;
  return (
    /^__(x64|arm64)_sys_/.test(kernelName(name)) || kernelName(name) === syscallFunction(name.replace(/^sys_/, ''))
  );
}

/** `arg1` to `arg6`: the number, else undefined. */
export function argumentNumber(word: string): number | undefined {
  const number = /^arg([1-9])$/.exec(word)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** The C that reads an argument at the entry of a function from the registers. */
export function registerArgument(place: Place, number: number): string {
  if (number > 6) throw new SkepError('SKEP_OPTION', `arg${number}: only six arguments come in registers`);
  if (!isSyscall(place)) return number === 6 ? '((u64)PT_REGS_PARM6(ctx))' : `((u64)PT_REGS_PARM${number}(ctx))`;
  const registers = 'struct pt_regs *__regs = (struct pt_regs *)PT_REGS_PARM1(ctx)';
  // The fourth comes in another register than a function's.
  const from = number === 4 && process.arch === 'x64' ? '__regs->r10' : `PT_REGS_PARM${number}(__regs)`;
  return `({ u64 __value = 0; ${registers}; bpf_probe_read_kernel(&__value, sizeof(__value), &${from}); __value; })`;
}
