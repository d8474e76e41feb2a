import type { ProgramProbeOptions } from '@skep/libbcc';
import type { PluginInstance, ProgramInFile } from '../config/config.js';
import { placeInText } from '../config/scalar-place.js';

/** What `ProgramProbe` is told of an instance. */
export function programOf(
  { name, options, attach, allow, location }: PluginInstance,
  program: ProgramInFile,
): Omit<ProgramProbeOptions, 'everyMs' | 'log' | 'poller'> {
  const list = (option: string) => options[option] as readonly string[] | undefined;
  return {
    // Streams of two programs have nothing in common: each is stored as a plugin of its own.
    owner: { plugin: name, source: name },
    program:
      program.file === undefined
        ? { text: program.text, place: (line, column, length) => placeInText(program, line, column, length) }
        : { text: program.text, file: program.file },
    attach,
    allow,
    cflags: list('cflags') ?? [],
    tables: list('tables'),
    clear: list('clear') ?? [],
    linear: list('linear') ?? [],
    unit: String(options.unit),
    perfPages: options.perf_pages as number,
    location,
  };
}
