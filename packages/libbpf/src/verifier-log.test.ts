import { describe, expect, it } from 'vitest';
import { instructionsProcessed, lastLines, lastPlace, verifierLog } from './verifier-log.js';

const KERNEL = `0: R1=ctx(off=0,imm=0) R10=fp0
; return *(int *)ctx->ptr;
3: (61) r0 = *(u32 *)(r2 +0)
R2 invalid mem access 'scalar'`;
const STATISTICS = `processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0`;

describe('the log of the verifier', () => {
  it('is what stands between the marks of libbpf', () => {
    const messages = [
      "prog 'enter': BPF program load failed: Permission denied",
      `prog 'enter': -- BEGIN PROG LOAD LOG --\n${KERNEL}\n${STATISTICS}\n-- END PROG LOAD LOG --`,
      "failed to load object 'tool'",
    ].join('\n');
    expect(verifierLog(messages)).toBe(`${KERNEL}\n${STATISTICS}`);
  });

  it('is empty when the kernel said nothing, and undefined when it was not asked', () => {
    expect(verifierLog('-- BEGIN PROG LOAD LOG --\n-- END PROG LOAD LOG --')).toBe('');
    expect(verifierLog('failed to find valid kernel BTF')).toBeUndefined();
  });

  it('is cut to its last lines, statistics left out', () => {
    const log = `${KERNEL}\nverification time 99 usec\nstack depth 16\n${STATISTICS}\n`;
    expect(lastLines(log, 2)).toBe("3: (61) r0 = *(u32 *)(r2 +0)\nR2 invalid mem access 'scalar'");
    expect(lastLines(log, 100)).toBe(KERNEL);
  });

  it('says how many instructions were processed, from 5.10 to 6.18', () => {
    expect(instructionsProcessed(`verification time 99 usec\nstack depth 16\n${STATISTICS}\n`)).toBe(4);
    expect(() => instructionsProcessed(KERNEL)).toThrow('no statistics');
  });
});

describe('lastPlace', () => {
  const log =
    '0: (b7) r0 = 0\n; e->pid = 1; @ one.bpf.c:6\n1: (7b) *(u64 *)(r1 +0) = r0\n; e->x = 2; @ one.bpf.c:7\nR1 bad';

  it('is the line of source that the verifier came to last', () => {
    expect(lastPlace(log)).toEqual({ file: 'one.bpf.c', line: 7 });
  });

  it('is not known where the kernel does not say it', () => {
    expect(lastPlace('; e->pid = 1;\n1: (7b) *(u64 *)(r1 +0) = r0\n')).toBeUndefined();
  });
});
