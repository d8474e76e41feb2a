import type { ProgramProbeOptions } from '@skep/libbcc';
import type { PluginInstance, ProgramInFile } from '../config/config.js';
import { placeInText } from '../config/scalar-place.js';

/** What `ProgramProbe` is told of an instance. */
export function programOf(
  { name, plugin, options, attach, location }: PluginInstance,
  program: ProgramInFile,
): Omit<ProgramProbeOptions, 'everyMs' | 'log' | 'poller'> {
  const list = (option: string) => options[option] as readonly string[] | undefined;
  return {
    owner: { plugin: plugin.name, source: name },
    program:
      program.file === undefined
        ? { text: program.text, place: (line, column, length) => placeInText(program, line, column, length) }
        : { text: program.text, file: program.file },
    attach,
    cflags: list('cflags') ?? [],
    tables: list('tables'),
    clear: list('clear') ?? [],
    linear: list('linear') ?? [],
    unit: String(options.unit),
    perfPages: options.perf_pages as number,
    location,
  };
}
