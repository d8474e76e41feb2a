import { bytesAt, textAt } from '../native/library.js';
import { libbccModule, type Module } from '../native/module.js';
import { completeText, plainText } from './preamble.js';
import {
  type CompiledFunction,
  type CompiledTable,
  type CompileRequest,
  type CompileResponse,
  NOT_COMPILED,
} from './protocol.js';
import { usdtReaders } from './usdt-readers.js';

/** Compile the text and describe what came out; the tables live as long as this process, or who has a descriptor. */
export function compileModule(request: CompileRequest): CompileResponse {
  const { text, cflags, layouts, explain } = request;
  const readers = usdtReaders(request.usdt);
  const lib = libbccModule();
  const whole = explain ? plainText(text, readers.text) : completeText(text, readers.text, layouts);
  const module = lib.bpf_module_create_c_from_string(whole, 0, cflags, cflags.length, true, null);
  if (module === null) return NOT_COMPILED;
  if (explain) explainFunction(module, explain);
  return {
    compiled: true,
    license: licenseOf(module),
    functions: functionsOf(module),
    tables: tablesOf(module),
    usdt: readers.places,
  };
}

/** A text that declares none is under the GPL, as libbcc has it. */
function licenseOf(module: Module): string {
  return textAt(libbccModule().bpf_module_license(module)) || 'GPL';
}

function functionsOf(module: Module): CompiledFunction[] {
  const lib = libbccModule();
  return Array.from({ length: Number(lib.bpf_num_functions(module)) }, (_, id) => {
    const bytes = bytesAt(lib.bpf_function_start_id(module, id), Number(lib.bpf_function_size_id(module, id)));
    return { name: lib.bpf_function_name(module, id), instructions: Buffer.from(bytes).toString('base64') };
  });
}

function tablesOf(module: Module): CompiledTable[] {
  const lib = libbccModule();
  return Array.from({ length: Number(lib.bpf_num_tables(module)) }, (_, id) => {
    const name = lib.bpf_table_name(module, id);
    const fields = Number(lib.bpf_perf_event_fields(module, name));
    return {
      name,
      fd: lib.bpf_table_fd_id(module, id),
      type: lib.bpf_table_type_id(module, id),
      keySize: Number(lib.bpf_table_key_size_id(module, id)),
      leafSize: Number(lib.bpf_table_leaf_size_id(module, id)),
      maxEntries: Number(lib.bpf_table_max_entries_id(module, id)),
      key: lib.bpf_table_key_desc_id(module, id),
      leaf: lib.bpf_table_leaf_desc_id(module, id),
      eventFields: Array.from({ length: fields }, (_, i) => lib.bpf_perf_event_field(module, name, i)),
    };
  });
}

/** Without a buffer for it, libbcc prints the verifier's log, and it has the lines of source that the agent cannot add. */
function explainFunction(module: Module, { fn, type, attachType }: NonNullable<CompileRequest['explain']>): void {
  const lib = libbccModule();
  for (let id = 0; id < Number(lib.bpf_num_functions(module)); id++) {
    if (lib.bpf_function_name(module, id) !== fn) continue;
    const bytes = Number(lib.bpf_function_size_id(module, id));
    const start = bytesAt(lib.bpf_function_start_id(module, id), bytes);
    const license = licenseOf(module);
    const version = lib.bpf_module_kern_version(module);
    lib.bcc_func_load(module, type, fn, start, bytes, license, version, 0, null, 0, null, attachType);
  }
}
