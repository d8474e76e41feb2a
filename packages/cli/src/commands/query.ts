import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type EventStore, type LibraryQuery, SkepError, type StoreAnswer, type StoreQuestion } from '@skep/core';
import { tableOf } from '../query/answer-table.js';
import { openStore, type StoreFlags, storeSink } from '../query/find-store.js';
import { printLibrary, queryNamed, queryText } from '../query/list-queries.js';
import { progressLine } from '../query/progress-line.js';
import { onStopSignals } from '../signals.js';
import { createCommand, parseArgs } from '../usage.js';
import { visibleMessage } from '../visible.js';

const FORMATS = ['table', 'json', 'csv'] as const;
type Format = (typeof FORMATS)[number];

/** As a shell has it: 128 and SIGINT. */
const INTERRUPTED = 130;

interface Flags extends StoreFlags {
  readonly output: string;
  readonly param: readonly string[];
  readonly headers: boolean;
  readonly write?: boolean;
  readonly list?: boolean;
  readonly show?: boolean;
}

/** `skep query SQL | NAME`: what a sink has stored, whether or not the agent runs. */
export async function run(args: readonly string[]): Promise<number> {
  const command = createCommand('query', 'Ask for what a sink has stored: a statement, or a query of the library')
    .argument('[what]', 'SQL, or a name of --list; without one SQL is read from standard input')
    .option('-l, --list', 'The queries that come with skep, their parameters and the tools they need')
    .option('-o, --output <FORMAT>', `How rows are written: ${FORMATS.join(', ')}`, 'table')
    .option('-p, --param <NAME=VALUE>', 'What stands for {NAME:Type}; may be repeated', collect, [])
    .option(
      '-c, --config <FILE>',
      'Configuration that names the store (default: ./skep.yaml, ./configs/quickstart.yaml)',
    )
    .option('--sink <NAME>', 'The sink to ask, when the configuration has more than one store')
    .option('--url <URL>', 'The store, in place of a configuration: http://host:8123, or chdb:DIR')
    .option('--database <NAME>', 'Database of the tables (default: that of the sink)')
    .option('--user <NAME>', 'With --url: user of the server')
    .option('--password-file <FILE>', 'With --url: file that holds the password')
    .option('--show', 'Print the statement of a library query, and do not run it')
    .option('--no-headers', 'No line of column names in a table')
    .option('--write', 'Also statements that change something');
  if (parseArgs(command, args)) return 0;
  const flags = command.opts<Flags>();
  const what = command.processedArgs[0] as string | undefined;
  const { queries } = (await storeSink()).definition;
  const library = queries?.library() ?? [];
  if (flags.list) {
    if (what !== undefined) throw new SkepError('SKEP_USAGE', '--list takes no statement');
    printLibrary(library, formatOf(flags) === 'json');
    return 0;
  }
  const format = formatOf(flags);
  const parameters = readParameters(flags.param);
  const named = what === undefined ? undefined : queryNamed(what, library);
  if (flags.show) {
    if (!named) throw new SkepError('SKEP_USAGE', '--show takes the name of a query', 'see: skep query --list');
    process.stdout.write(queryText(named));
    return 0;
  }
  const statement = named ?? what ?? (await statementFromInput());
  const origin = what === undefined ? 'stdin' : 'query';
  return ask(flags, { statement, origin, parameters, write: flags.write === true }, format);
}

async function ask(
  flags: Flags,
  question: Pick<StoreQuestion, 'statement' | 'origin' | 'parameters' | 'write'>,
  format: Format,
): Promise<number> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const interrupted = once(signal, 'abort');
  const release = onStopSignals(() => stopped.abort());
  const progress = progressLine();
  let store: EventStore | undefined;
  const answered = (async () => {
    const opened = await openStore(flags);
    if (signal.aborted) return opened.close();
    store = opened;
    const answer = await store.ask({
      ...question,
      format: format === 'table' ? 'rows' : format,
      signal,
      ...(progress.show ? { onProgress: progress.show } : {}),
    });
    progress.clear();
    await writeAnswer(answer, flags.headers);
  })();
  try {
    // A store that is being looked for need not be waited for.
    await Promise.race([answered, interrupted.then(() => (store ? answered : undefined))]);
    return signal.aborted ? INTERRUPTED : 0;
  } catch (error) {
    if (!signal.aborted) throw explained(error, question.statement);
    return INTERRUPTED;
  } finally {
    progress.clear();
    release();
    answered.catch(() => undefined);
    await store?.close();
  }
}

/** Rows of a tool that never ran here: say which, as the name of a table alone does not. */
function explained(error: unknown, statement: string | LibraryQuery): unknown {
  if (typeof statement === 'string' || !(error instanceof SkepError) || error.code !== 'SKEP_QUERY') return error;
  if (!/no (table|database)/.test(error.message) || statement.tools.length === 0) return error;
  return new SkepError(
    'SKEP_QUERY',
    `nothing is stored of ${statement.tools.join(', ')}: ${error.message}`,
    `${statement.name} needs an agent with: ${statement.tools.join(', ')}`,
    { cause: error },
  );
}

async function writeAnswer(answer: StoreAnswer, headers: boolean): Promise<void> {
  const { stdout } = process;
  const write = async (data: string | Uint8Array) => {
    if (!stdout.write(data)) await once(stdout, 'drain');
  };
  if (answer.kind === 'rows') {
    const width = stdout.isTTY ? stdout.columns : undefined;
    for await (const line of tableOf(answer.columns, answer.rows, { width, headers })) await write(line);
    return;
  }
  const utf8 = new TextDecoder();
  for await (const bytes of answer.bytes) {
    // What a file is called must not act on the terminal.
    await write(stdout.isTTY ? visibleMessage(utf8.decode(bytes, { stream: true })) : bytes);
  }
}

async function statementFromInput(): Promise<string> {
  if (process.stdin.isTTY) {
    throw new SkepError('SKEP_USAGE', 'no statement', 'skep query "SELECT ...", or a name: skep query --list');
  }
  return text(process.stdin);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function readParameters(given: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const one of given) {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(one) ?? [];
    if (name === undefined) throw new SkepError('SKEP_USAGE', `--param: expected name=value, got "${one}"`);
    parameters[name] = value!;
  }
  return parameters;
}

function formatOf({ output }: Flags): Format {
  const found = FORMATS.find((format) => format === output);
  if (found) return found;
  throw new SkepError('SKEP_USAGE', `--output: expected ${FORMATS.join(', ')}, got "${output}"`);
}
