import { bind } from './library.js';

/** A `bpf_module` of libbcc. */
export type Module = bigint;

/**
 * The compiler of libbcc, under its C names; a test compares the prototypes with the installed headers. This library
 * carries LLVM: it is loaded in the compiler's process only, never in the agent.
 */
export interface LibbccModule {
  bpf_module_create_c_from_string(
    text: string,
    flags: number,
    cflags: readonly string[],
    count: number,
    allowRlimit: boolean,
    device: null,
  ): Module | null;
  bpf_module_destroy(module: Module): void;
  bpf_module_license(module: Module): bigint | null;
  bpf_module_kern_version(module: Module): number;
  bpf_num_functions(module: Module): number | bigint;
  bpf_function_name(module: Module, id: number): string;
  bpf_function_start_id(module: Module, id: number): bigint;
  bpf_function_size_id(module: Module, id: number): number | bigint;
  bpf_num_tables(module: Module): number | bigint;
  bpf_table_name(module: Module, id: number): string;
  bpf_table_fd_id(module: Module, id: number): number;
  bpf_table_type_id(module: Module, id: number): number;
  bpf_table_max_entries_id(module: Module, id: number): number | bigint;
  bpf_table_key_desc_id(module: Module, id: number): string;
  bpf_table_leaf_desc_id(module: Module, id: number): string;
  bpf_table_key_size_id(module: Module, id: number): number | bigint;
  bpf_table_leaf_size_id(module: Module, id: number): number | bigint;
  bpf_perf_event_fields(module: Module, table: string): number | bigint;
  bpf_perf_event_field(module: Module, table: string, index: number): string;
  bcc_func_load(
    module: Module,
    type: number,
    name: string,
    instructions: Uint8Array,
    bytes: number,
    license: string,
    kernelVersion: number,
    logLevel: number,
    log: null,
    logBytes: number,
    device: null,
    attachType: number,
  ): number;
}

/** As in bcc/bcc_common.h of 0.26 to 0.31. */
export const MODULE_PROTOTYPES: readonly string[] = [
  'void *bpf_module_create_c_from_string(const char *text, uint32_t flags, const char **cflags, int ncflags, bool allow_rlimit, const char *dev_name)',
  'void bpf_module_destroy(void *program)',
  'void *bpf_module_license(void *program)',
  'uint32_t bpf_module_kern_version(void *program)',
  'size_t bpf_num_functions(void *program)',
  'const char *bpf_function_name(void *program, size_t id)',
  'void *bpf_function_start_id(void *program, size_t id)',
  'size_t bpf_function_size_id(void *program, size_t id)',
  'size_t bpf_num_tables(void *program)',
  'const char *bpf_table_name(void *program, size_t id)',
  'int bpf_table_fd_id(void *program, size_t id)',
  'int bpf_table_type_id(void *program, size_t id)',
  'size_t bpf_table_max_entries_id(void *program, size_t id)',
  'const char *bpf_table_key_desc_id(void *program, size_t id)',
  'const char *bpf_table_leaf_desc_id(void *program, size_t id)',
  'size_t bpf_table_key_size_id(void *program, size_t id)',
  'size_t bpf_table_leaf_size_id(void *program, size_t id)',
  'size_t bpf_perf_event_fields(void *program, const char *event)',
  'const char *bpf_perf_event_field(void *program, const char *event, size_t i)',
  'int bcc_func_load(void *program, int prog_type, const char *name, const void *insns, int prog_len, const char *license, uint32_t kern_version, int log_level, char *log_buf, uint32_t log_buf_size, const char *dev_name, int attach_type)',
];

let loaded: LibbccModule | undefined;

/** @throws SkepError SKEP_LIBRARY when libbcc is not installed. */
export function libbccModule(): LibbccModule {
  loaded ??= bind<LibbccModule>('libbcc.so.0', MODULE_PROTOTYPES);
  return loaded;
}
