import { SkepError, suggest } from '@skep/core';
import { type Argument, Command, CommanderError, type Option } from 'commander';

/** A command of commander's that throws SkepErrors, prints help on standard output, and never exits by itself. */
export function createCommand(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .helpOption('-h, --help', 'Show this help')
    .exitOverride()
    .configureHelp({
      helpWidth: Math.min(process.stdout.columns ?? 100, 120),
      commandUsage: (command) => `skep ${command.name()} ${command.usage()}`,
      // Long flags stand below one another, whether or not a short one stands before them.
      optionTerm: ({ short, flags }) => (short ? flags : `    ${flags}`),
      optionDescription: describe,
      argumentDescription: describe,
    })
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined });
}

function describe({ description, defaultValue }: Option | Argument): string {
  const isShown = defaultValue !== undefined && typeof defaultValue !== 'boolean';
  return isShown ? `${description} (default: ${String(defaultValue)})` : description;
}

/**
 * Parse `args`; true when they asked for help, which has been printed.
 *
 * @throws SkepError SKEP_USAGE with the nearest valid flag.
 */
export function parseArgs(command: Command, args: readonly string[]): boolean {
  try {
    command.parse([...args], { from: 'user' });
    return false;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.help') return true;
    throw usageError(command, error);
  }
}

function usageError(command: Command, error: CommanderError): SkepError {
  const [first = ''] = error.message.split('\n');
  const message = first.replace(/^error: /, '');
  const unknown = /unknown option '(--?[^']+)'/.exec(message)?.[1];
  const help = `see: skep ${command.name()} --help`;
  if (unknown !== undefined && /^-\.?\d/.test(unknown)) {
    return new SkepError('SKEP_USAGE', `expected a number above 0, got "${unknown}"`, help);
  }
  const flags = command.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag != null));
  const near = unknown?.startsWith('--') ? suggest(unknown, flags as string[]) : '';
  return new SkepError('SKEP_USAGE', message, near.startsWith('did you mean') ? near : help);
}
