import type { Requirement } from '@skep/libbpf';
import { expect, it } from 'vitest';
import { capabilitiesOf, grantLines, privilegeLines } from './capabilities.js';

const need = (capability: Requirement['capability'], why: string, instead = ''): Requirement => ({
  capability,
  why,
  instead,
});
const privileges = {
  needed: [need('CAP_BPF', 'to load'), need('CAP_SYS_RESOURCE', 'for memory', 'raise the limit')],
  optional: [need('CAP_SYS_ADMIN', 'for perf events')],
  optionalPrograms: ['accept_exit'],
  naming: [need('CAP_SYSLOG', 'to name functions of the kernel')],
};

it('tells why each is needed, what would do instead, and what can be left out', () => {
  expect(privilegeLines(privileges)).toEqual([
    'CAP_BPF           to load',
    'CAP_SYS_RESOURCE  for memory',
    '                  or, as root: raise the limit',
    'CAP_SYS_ADMIN     for perf events; only for accept_exit, which can be left out',
    'CAP_SYSLOG        to name functions of the kernel; without it they are [unknown]',
  ]);
});

it('grants only what is needed', () => {
  expect(capabilitiesOf(privileges)).toEqual(['CAP_SYS_RESOURCE', 'CAP_BPF']);
  const lines = grantLines(['CAP_SYS_RESOURCE', 'CAP_BPF'], '/usr/bin/node');
  expect(lines.join('\n')).toContain('--inh-caps=+sys_resource,+bpf --ambient-caps=+sys_resource,+bpf');
  expect(lines.join('\n')).toContain('setcap cap_sys_resource,cap_bpf=ep /usr/local/bin/skep-node');
  expect(lines).toContain('AmbientCapabilities=CAP_SYS_RESOURCE CAP_BPF');
});
