/** The kernel's log out of libbpf's messages; undefined when the load failed before the verifier ran. */
export function verifierLog(messages: string): string | undefined {
  const match = /-- BEGIN PROG LOAD LOG --\n?([\s\S]*?)-- END PROG LOAD LOG --/.exec(messages);
  return match?.[1]?.trim();
}

/** Lines of statistics at the end of a log say nothing about the fault. */
const NOISE = /^(processed \d+ insns|max_states_per_insn|verification time|stack depth|mark_precise|$)/;

/** The last `count` lines that say why; a line of source is kept with the instruction it explains. */
export function lastLines(log: string, count: number): string {
  const lines = log.split('\n').filter((line) => !NOISE.test(line));
  return lines.slice(-count).join('\n');
}

/**
 * What a program cost the verifier, from the statistics in its log; the kernel's limit is a million.
 *
 * @throws Error when the log holds no statistics.
 */
export function instructionsProcessed(log: string): number {
  const match = /^processed (\d+) insns/m.exec(log);
  if (match === null) throw new Error(`no statistics in the verifier's log: ${log.slice(0, 200)}`);
  return Number(match[1]);
}

/**
 * The line of the source that the verifier came to last: kernels since 6.10 write `; text @ file.bpf.c:12` into their log,
 * the file without its folder. Undefined before that, and for objects without debug information.
 */
export function lastPlace(log: string): { readonly file: string; readonly line: number } | undefined {
  const match = [...log.matchAll(/^; .* @ (\S+):(\d+)$/gm)].at(-1);
  return match ? { file: match[1]!, line: Number(match[2]) } : undefined;
}
