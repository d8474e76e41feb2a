/** How much to measure. */
export interface Settings {
  readonly rounds: number;
  /** Events per subject and round. */
  readonly events: number;
  /** Paced opens per second; 0 is unpaced. */
  readonly rate: number;
  /** Seconds after which a subject that has not started, or a storm that has not ended, is given up. */
  readonly limitS: number;
  /** The smallest run that still goes through every step; its figures mean nothing. */
  readonly isSmoke: boolean;
  /** Configuration of the agent with the eight tools. */
  readonly config: string | undefined;
  /** Only the subjects whose name contains one of these. */
  readonly only: readonly string[];
}

/** What the command line may say about it. */
export interface SettingFlags {
  readonly quick?: boolean;
  readonly smoke?: boolean;
  readonly rounds?: string;
  readonly events?: string;
  readonly rate?: string;
  readonly config?: string;
  readonly only?: readonly string[];
}

const FULL = { rounds: 3, events: 1_000_000, rate: 100_000, limitS: 120 };
const QUICK = { rounds: 1, events: 100_000, rate: 100_000, limitS: 60 };
// So few that even the smallest ring (64 pages, 300 bytes an event) holds all of them, however slow the machine.
const SMOKE = { rounds: 1, events: 499, rate: 20_000, limitS: 120 };

/** Defaults of the size asked for, then what the flags say. @throws Error for a flag that is not a whole number. */
export function settingsOf(flags: SettingFlags): Settings {
  const size = flags.smoke ? SMOKE : flags.quick ? QUICK : FULL;
  return {
    rounds: whole('rounds', flags.rounds, 1) ?? size.rounds,
    events: whole('events', flags.events, 1) ?? size.events,
    rate: whole('rate', flags.rate, 0) ?? size.rate,
    limitS: size.limitS,
    isSmoke: flags.smoke ?? false,
    config: flags.config,
    only: flags.only ?? [],
  };
}

function whole(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name} ${text}: not a whole number from ${least}`);
  return value;
}
