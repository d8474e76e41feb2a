import { type Capability, type Log, type Probe, SkepError } from '@skep/core';
import { type Account, dropPrivileges, holdsCapability, readCredentials, smallestSet } from '@skep/libbpf';
import type { AgentConfig, Config } from '../config/config.js';

/** What this process may do, given up once everything is attached. One per process: what is dropped does not return. */
export class Privileges {
  private readonly isKept: boolean;
  private readonly user: Account | undefined;
  private readonly log: Log;
  private dropped = false;

  /** @throws SkepError SKEP_PERMISSION when this process cannot become the user. */
  constructor({ user, privileges }: Pick<AgentConfig, 'user' | 'privileges'>, log: Log) {
    this.isKept = privileges === 'keep';
    this.user = user && isOther(user) ? user : undefined;
    this.log = log;
    if (this.user) requireChange(this.user);
  }

  /** Files are then opened as that user, so that one it cannot write to is an error at the start. */
  get becomesUser(): boolean {
    return this.user !== undefined;
  }

  /** @throws SkepError SKEP_PERMISSION when something would be kept against the wish. */
  drop(config: Config, probes: Iterable<Probe>): void {
    if (this.isKept) return;
    const keep = smallestSet([...[...probes].flatMap(({ needs }) => needs ?? []), ...declaredNeeds(config)]);
    dropPrivileges(keep, this.user);
    this.dropped = true;
    const as = this.user ? `, user ${this.user.name ?? this.user.uid}` : '';
    this.log.info(
      `privileges dropped: ${keep.length > 0 ? `only ${keep.join(', ')} kept` : 'no capability left'}${as}`,
    );
  }

  /** @throws SkepError SKEP_PERMISSION when plugins cannot be loaded any more. */
  requireLoading(plugins: readonly string[]): void {
    if (!this.dropped || plugins.length === 0) return;
    const remedy =
      'restart skep to take it over, or start it with agent.privileges: keep where plugins are to be reloaded';
    throw new SkepError(
      'SKEP_PERMISSION',
      `${plugins.join(', ')} cannot be loaded: skep dropped its privileges once everything was attached`,
      remedy,
    );
  }
}

/** What packages say that they use at work. */
function declaredNeeds({ plugins, processors, sinks }: Config): Capability[] {
  return [
    ...plugins.map(({ plugin }) => plugin.definition),
    ...processors.map(({ processor }) => processor.definition),
    ...sinks.map(({ sink }) => sink.definition),
  ].flatMap(({ needs }) => needs ?? []);
}

function isOther({ uid }: Account): boolean {
  return readCredentials().uids.some((own) => own !== uid);
}

function requireChange({ name, uid }: Account): void {
  const { effective } = readCredentials();
  const missing = (['CAP_SETUID', 'CAP_SETGID'] as const).filter((one) => !holdsCapability(effective, one));
  if (missing.length === 0) return;
  throw new SkepError(
    'SKEP_PERMISSION',
    `cannot become user ${name ?? uid} (agent.user): ${missing.join(' and ')} missing`,
    'start skep as root, or as that user without agent.user',
  );
}
