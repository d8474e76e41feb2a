import { describe, expect, it } from 'vitest';
import { compile, noClang } from '../fixture.js';
import { guardedHelpers, refuseGuarded } from './guarded-helpers.js';

const object = (body: string, before = '') =>
  compile(`
#include <skep/types.bpf.h>
#include <bpf/bpf_helpers.h>
char _license[] SEC("license") = "GPL";
${before}
SEC("raw_tp/sys_enter") int p(void *ctx) { ${body} return 0; }`);

describe.skipIf(noClang)('guardedHelpers', () => {
  it('finds none in a program that only watches', () => {
    expect(guardedHelpers(object('bpf_get_current_pid_tgid();'))).toEqual([]);
  });

  it('finds calls by the numbers of the helpers, each once', () => {
    const body = 'bpf_send_signal(9); bpf_send_signal(15); bpf_send_signal_thread(9); bpf_override_return(ctx, 1);';
    const found = ['bpf_override_return', 'bpf_send_signal', 'bpf_send_signal_thread'];
    expect([...guardedHelpers(object(body))].sort()).toEqual(found);
  });

  it('finds them in functions that programs call, and in programs that nothing attaches', () => {
    const sub = 'static __attribute__((noinline)) long sub(void *p) { return bpf_probe_write_user(p, "x", 1); }';
    expect(guardedHelpers(object('return sub(ctx);', sub))).toEqual(['bpf_probe_write_user']);
  });

  it('finds the kernel function that sends signals, by its name', () => {
    const declaration = `struct task_struct;
extern int bpf_send_signal_task(struct task_struct *task, int sig, int type, unsigned long value) __attribute__((section(".ksyms")));`;
    const body = 'bpf_send_signal_task((void *)0, 9, 0, 0);';
    expect(guardedHelpers(object(body, declaration))).toEqual(['bpf_send_signal_task']);
  });

  it('is not misled by the same number in a constant', () => {
    expect(guardedHelpers(object('return 0x6d00000085 == (long)ctx;'))).toEqual([]);
  });
});

describe('refuseGuarded', () => {
  it('names what is refused, and how it is allowed', () => {
    expect(() =>
      refuseGuarded('plugin killer', ['bpf_send_signal', 'bpf_override_return'], ['bpf_send_signal']),
    ).toThrow(
      expect.objectContaining({
        code: 'SKEP_HELPER',
        message: 'plugin killer calls bpf_override_return, which changes what is traced',
        remedy: 'if that is what you want: allow: [bpf_override_return] in its entry, or --allow bpf_override_return',
      }),
    );
    expect(() => refuseGuarded('plugin killer', ['bpf_send_signal'], ['bpf_send_signal'])).not.toThrow();
  });
});
