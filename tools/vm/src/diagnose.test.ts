import { describe, expect, it } from 'vitest';
import { diagnose, type Ending } from './diagnose.js';
import { renderError } from './errors.js';

const PANIC = `[    6.100000] sysrq: Trigger a crash\r
[    6.100100] Kernel panic - not syncing: sysrq triggered crash\r
[    6.100200] Call Trace:\r
\x1b[31m[    6.100300]  <TASK>\x1b[0m\r
`;
const ending: Ending = {
  release: '6.1.0-56-amd64',
  status: 0,
  guestError: undefined,
  console: '',
  complaint: '',
  hasStarted: true,
};

describe('diagnose', () => {
  it('knows a panic, and shows the console without its control bytes', () => {
    const error = diagnose({ ...ending, console: PANIC });
    expect(
      renderError(error),
    ).toBe(`error[VM_PANIC]: 6.1.0-56-amd64 while the command ran: Kernel panic - not syncing: sysrq triggered crash
  last lines of the console:
    [    6.100000] sysrq: Trigger a crash
    [    6.100100] Kernel panic - not syncing: sysrq triggered crash
    [    6.100200] Call Trace:
    [    6.100300]  <TASK>
  The call trace above says where.
`);
  });

  it('believes the guest first, then the console, then QEMU', () => {
    expect(diagnose({ ...ending, guestError: 'modprobe x: not found', status: 1 }).code).toBe('VM_GUEST');
    const complaint =
      'warning: host doesn’t support it\nqemu-system-x86_64: cannot set up guest memory: Cannot allocate memory\n';
    expect(diagnose({ ...ending, status: 1, complaint, hasStarted: false }).message).toBe(
      'QEMU ended while booting: qemu-system-x86_64: cannot set up guest memory: Cannot allocate memory',
    );
    expect(diagnose(ending)).toMatchObject({ code: 'VM_BOOT', exitCode: 125 });
  });
});
