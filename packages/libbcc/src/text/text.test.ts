import { describe, expect, it } from 'vitest';
import { histogramNames } from './histogram-names.js';
import { markedText } from './marked-text.js';
import { structNames } from './struct-names.js';

describe('names in a text', () => {
  it('of structs are those at the top level, by tag or by typedef', () => {
    const text = `
BPF_PERF_OUTPUT(events);
struct data_t { int a; struct { int inner; } b; };
struct __attribute__((packed)) tight { char c; };
typedef struct key { int k; } key_t;
typedef struct { u64 x; struct { int y; } z; } anonymous_t;
/* struct hidden { int a; }; */
// struct hidden2 { int a; };
char *text = "struct hidden3 {";
struct only_declared;
int x; struct same_line { int z; }; typedef struct { int q; } same_t;
int f(struct pt_regs *ctx) { return 0; }
`;
    expect(structNames(text)).toEqual([
      'struct data_t',
      'struct tight',
      'struct key',
      'struct same_line',
      'anonymous_t',
      'same_t',
    ]);
  });

  it('of structs are not asked for where nothing is submitted', () => {
    expect(structNames('struct a { int b; };')).toEqual([]);
  });

  it('of histograms are found, but not in comments', () => {
    const text = 'BPF_HISTOGRAM(a);\nBPF_HISTOGRAM( b , struct key, 64 );\n// BPF_HISTOGRAM(c);\nBPF_HASH(d);';
    expect([...histogramNames(text)]).toEqual(['a', 'b']);
  });
});

describe('lines after a function of a tracepoint', () => {
  it('are numbered anew', () => {
    const text = 'int a;\nTRACEPOINT_PROBE(sched, sched_switch) {\n  return 0; }\n';
    expect(markedText(text)).toBe(
      'int a;\nTRACEPOINT_PROBE(sched, sched_switch) {\n#line 3 "program.c"\n  return 0; }\n',
    );
  });

  it('are numbered anew where the struct is its parameter', () => {
    const text = 'int f(struct tracepoint__sched__sched_switch *args)\n{\n  return 0; }\n';
    expect(markedText(text)).toBe(
      'int f(struct tracepoint__sched__sched_switch *args)\n#line 2 "program.c"\n{\n  return 0; }\n',
    );
  });

  it('are left alone where a directive would stand inside the macro', () => {
    const text = 'TRACEPOINT_PROBE(sched,\n sched_switch) { return 0; }\n';
    expect(markedText(text)).toBe(text);
  });
});
