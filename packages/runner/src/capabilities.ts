import type { Capability } from '@skep/core';
import { neededOf, type ProgramInfo, type Requirement, requirementsOf, smallestSet } from '@skep/libbpf';

/** What one attach set needs of an ordinary user on this kernel. */
export interface SetPrivileges {
  readonly needed: readonly Requirement[];
  /** What programs that may be left out need beyond that, and their names. */
  readonly optional: readonly Requirement[];
  readonly optionalPrograms: readonly string[];
  /** What frames of stacks need to have names. */
  readonly naming: readonly Requirement[];
}

export function privilegesOf(
  programs: readonly ProgramInfo[],
  optional: ReadonlySet<string>,
  naming: readonly Requirement[] = [],
): SetPrivileges {
  const needed = requirementsOf(neededOf(programs, optional));
  const names = new Set(needed.map(({ capability }) => capability));
  const beyond = (requirements: readonly Requirement[]) =>
    requirements.filter(({ capability }) => !names.has(capability));
  const extras = programs.filter((program) => beyond(requirementsOf([program])).length > 0);
  return {
    needed,
    optional: beyond(requirementsOf(programs)),
    optionalPrograms: extras.map(({ name }) => name),
    naming,
  };
}

/** The set as names. */
export function capabilitiesOf({ needed }: SetPrivileges): Capability[] {
  return smallestSet(needed.map(({ capability }) => capability));
}

/** A capability to a line, with why, and what would make it needless. */
export function privilegeLines({ needed, optional, optionalPrograms, naming }: SetPrivileges): string[] {
  const width = Math.max(...[...needed, ...optional, ...naming].map(({ capability }) => capability.length));
  const lines = ({ capability, why, instead }: Requirement, note: string) => [
    `${capability.padEnd(width)}  ${why}${note}`,
    ...(instead ? [`${' '.repeat(width)}  or, as root: ${instead}`] : []),
  ];
  const note = `; only for ${optionalPrograms.join(', ')}, which can be left out`;
  return [
    ...needed.flatMap((one) => lines(one, '')),
    ...optional.flatMap((one) => lines(one, note)),
    ...naming.flatMap((one) => lines(one, '; without it they are [unknown]')),
  ];
}

/**
 * How root lets an ordinary user run with these capabilities, one way to a line.
 *
 * @param node the program that runs skep
 */
export function grantLines(capabilities: readonly Capability[], node = process.execPath): string[] {
  const short = capabilities.map((name) => name.slice('CAP_'.length).toLowerCase());
  const plus = short.map((name) => `+${name}`).join(',');
  const caps = short.map((name) => `cap_${name}`).join(',');
  return [
    `setpriv --reuid=USER --regid=GROUP --init-groups --inh-caps=${plus} --ambient-caps=${plus} skep ...`,
    `capsh --keep=1 --user=USER --inh=${caps} --addamb=${caps} -- -c 'skep ...'`,
    `install -m 0750 -g GROUP ${node} /usr/local/bin/skep-node && setcap ${caps}=ep /usr/local/bin/skep-node`,
    `AmbientCapabilities=${capabilities.join(' ')}`,
  ];
}
