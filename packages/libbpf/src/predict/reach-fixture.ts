/** A kernel structure that no kernel has, and options; `READ` reads of it, or what it is defined to. */
export const LOCAL = `
struct s { u32 gone; u32 here; } CORE;
struct task_struct { int pid; } CORE;
#ifndef READ
#define READ BPF_CORE_READ((struct s *)ctx[0], gone)
#endif
const volatile bool opt_on = false;
const volatile u32 opt_number = 7;
`;

/** Programs that read what is gone, and whether the read is found and certain to be reached. */
export const CASES: readonly (readonly [title: string, body: string, isCertain: readonly boolean[]])[] = [
  ['refuses', `return READ;`, [true]],
  ['refuses behind a branch that nobody can know', `if (ctx[1] == 5) return READ; return 0;`, [true]],
  ['refuses behind a helper', `if (bpf_ktime_get_ns() & 1) return 0; return READ;`, [true]],
  [
    'is dead behind the question whether it exists',
    `if (bpf_core_field_exists(((struct s *)0)->gone)) return READ; return 0;`,
    [],
  ],
  [
    'is alive in the other branch of it',
    `if (!bpf_core_field_exists(((struct s *)0)->gone)) return READ; return 0;`,
    [true],
  ],
  ['is dead behind an option that is off', `if (opt_on) return READ; return 0;`, []],
  ['is alive behind one that is on', `if (!opt_on) return READ; return 0;`, [true]],
  ['is dead behind a comparison of constants', `if (opt_number * 3 > 21) return READ; return 0;`, []],
  [
    'is not certain behind a second test of the same value',
    `u64 a = ctx[1]; barrier_var(a); if (a > 5) { barrier_var(a); if (a < 3) return READ; } return 0;`,
    [false],
  ],
  [
    'is dead where an option went through the stack',
    `volatile u64 kept = opt_number; if (kept == 8) return READ; return 0;`,
    [],
  ],
];
