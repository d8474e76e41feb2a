import { SkepError } from '@skep/core';
import koffi from 'koffi';

/** An opaque pointer of libbpf. */
export type Pointer = bigint;

/**
 * libbpf's functions under their C names and with their C parameters; a test compares the prototypes with the
 * installed header. Pointers that may be NULL are `null`; failures set errno and return NULL or a negative errno.
 */
export interface Libbpf {
  libbpf_version_string(): string;
  libbpf_major_version(): number;
  libbpf_minor_version(): number;
  libbpf_set_print(callback: bigint | null): bigint | null;
  bpf_object__open_mem(bytes: Uint8Array, size: number, options: object | null): Pointer | null;
  bpf_object__load(object: Pointer): number;
  bpf_object__close(object: Pointer): void;
  bpf_object__find_program_by_name(object: Pointer, name: string): Pointer | null;
  bpf_object__find_map_by_name(object: Pointer, name: string): Pointer | null;
  bpf_object__next_program(object: Pointer, previous: Pointer | null): Pointer | null;
  bpf_object__next_map(object: Pointer, previous: Pointer | null): Pointer | null;
  bpf_program__name(program: Pointer): string;
  bpf_program__section_name(program: Pointer): string;
  bpf_program__set_autoload(program: Pointer, on: boolean): number;
  bpf_program__set_type(program: Pointer, type: number): number;
  bpf_program__autoload(program: Pointer): boolean;
  bpf_program__set_log_level(program: Pointer, level: number): number;
  bpf_program__set_log_buf(program: Pointer, buffer: Uint8Array, size: number): number;
  bpf_program__set_attach_target(program: Pointer, fd: number, name: string): number;
  bpf_program__fd(program: Pointer): number;
  bpf_program__insns(program: Pointer): Pointer | null;
  bpf_program__insn_cnt(program: Pointer): number | bigint;
  bpf_program__attach(program: Pointer): Pointer | null;
  bpf_program__attach_uprobe_opts(
    program: Pointer,
    pid: number,
    path: string,
    offset: number,
    options: object,
  ): Pointer | null;
  bpf_program__attach_usdt(
    program: Pointer,
    pid: number,
    path: string,
    provider: string,
    name: string,
    options: null,
  ): Pointer | null;
  bpf_program__attach_kprobe_opts(program: Pointer, function_name: string, options: object): Pointer | null;
  bpf_program__attach_tracepoint(program: Pointer, category: string, name: string): Pointer | null;
  bpf_program__attach_raw_tracepoint(program: Pointer, name: string): Pointer | null;
  bpf_program__attach_perf_event(program: Pointer, fd: number): Pointer | null;
  bpf_program__attach_iter(program: Pointer, options: null): Pointer | null;
  bpf_link__fd(link: Pointer): number;
  bpf_link__destroy: ((link: Pointer) => number) & {
    async(link: Pointer, done: (error: unknown, result: number) => void): void;
  };
  bpf_iter_create(link: number): number;
  bpf_map__name(map: Pointer): string;
  bpf_map__fd(map: Pointer): number;
  bpf_map__type(map: Pointer): number;
  bpf_map__key_size(map: Pointer): number;
  bpf_map__value_size(map: Pointer): number;
  bpf_map__max_entries(map: Pointer): number;
  bpf_map__set_max_entries(map: Pointer, entries: number): number;
  bpf_map__reuse_fd(map: Pointer, fd: number): number;
  bpf_map__initial_value(map: Pointer, size: number[]): Pointer | null;
  bpf_obj_get(path: string): number;
  bpf_map_get_next_key(fd: number, key: Uint8Array | null, next: Uint8Array): number;
  bpf_map_lookup_elem(fd: number, key: Uint8Array, value: Uint8Array): number;
  bpf_map_update_elem(fd: number, key: Uint8Array, value: Uint8Array, flags: number): number;
  bpf_map_delete_elem(fd: number, key: Uint8Array): number;
  bpf_map_lookup_batch(
    fd: number,
    from: Uint8Array | null,
    to: Uint8Array,
    keys: Uint8Array,
    values: Uint8Array,
    count: number[],
    options: null,
  ): number;
  bpf_map_lookup_and_delete_batch(
    fd: number,
    from: Uint8Array | null,
    to: Uint8Array,
    keys: Uint8Array,
    values: Uint8Array,
    count: number[],
    options: null,
  ): number;
  bpf_map_lookup_and_delete_elem(fd: number, key: Uint8Array | null, value: Uint8Array): number;
  bpf_map_update_batch(fd: number, keys: Uint8Array, values: Uint8Array, count: number[], options: null): number;
  bpf_prog_load(
    type: number,
    name: string,
    license: string,
    instructions: Uint8Array,
    count: number,
    options: object | null,
  ): number;
  bpf_obj_get_info_by_fd(fd: number, info: Uint8Array, length: number[]): number;
  bpf_raw_tracepoint_open(name: string | null, program: number): number;
  libbpf_find_vmlinux_btf_id(name: string, attachType: number): number;
  libbpf_num_possible_cpus(): number;
  libbpf_probe_bpf_map_type(type: number, options: null): number;
  libbpf_probe_bpf_prog_type(type: number, options: null): number;
}

const SONAME = 'libbpf.so.1';

/** C prototypes, as in bpf/libbpf.h and bpf/bpf.h of libbpf 1.1; structs of options are declared below. */
export const PROTOTYPES: readonly string[] = [
  'const char *libbpf_version_string(void)',
  'uint32_t libbpf_major_version(void)',
  'uint32_t libbpf_minor_version(void)',
  'void *libbpf_set_print(void *fn)',
  'int libbpf_probe_bpf_prog_type(uint32_t prog_type, const void *opts)',
  'void *bpf_object__open_mem(const void *obj_buf, size_t obj_buf_sz, const skep_object_open_opts *opts)',
  'int bpf_object__load(void *obj)',
  'void bpf_object__close(void *object)',
  'void *bpf_object__find_program_by_name(const void *obj, const char *name)',
  'void *bpf_object__find_map_by_name(const void *obj, const char *name)',
  'void *bpf_object__next_program(const void *obj, void *prog)',
  'void *bpf_object__next_map(const void *obj, const void *map)',
  'const char *bpf_program__name(const void *prog)',
  'const char *bpf_program__section_name(const void *prog)',
  'int bpf_program__set_autoload(void *prog, bool autoload)',
  'int bpf_program__set_type(void *prog, uint32_t type)',
  'bool bpf_program__autoload(const void *prog)',
  'int bpf_program__set_log_level(void *prog, uint32_t log_level)',
  'int bpf_program__set_log_buf(void *prog, void *log_buf, size_t log_size)',
  'int bpf_program__set_attach_target(void *prog, int attach_prog_fd, const char *attach_func_name)',
  'int bpf_program__fd(const void *prog)',
  'const void *bpf_program__insns(const void *prog)',
  'size_t bpf_program__insn_cnt(const void *prog)',
  'void *bpf_program__attach(const void *prog)',
  'void *bpf_program__attach_uprobe_opts(const void *prog, int pid, const char *binary_path, size_t func_offset, const skep_uprobe_opts *opts)',
  'void *bpf_program__attach_usdt(const void *prog, int pid, const char *binary_path, const char *usdt_provider, const char *usdt_name, const void *opts)',
  'void *bpf_program__attach_kprobe_opts(const void *prog, const char *func_name, const skep_kprobe_opts *opts)',
  'void *bpf_program__attach_tracepoint(const void *prog, const char *tp_category, const char *tp_name)',
  'void *bpf_program__attach_raw_tracepoint(const void *prog, const char *tp_name)',
  'void *bpf_program__attach_perf_event(const void *prog, int pfd)',
  'void *bpf_program__attach_iter(const void *prog, const void *opts)',
  'int bpf_link__fd(const void *link)',
  'int bpf_link__destroy(void *link)',
  'int bpf_iter_create(int link_fd)',
  'const char *bpf_map__name(const void *map)',
  'int bpf_map__fd(const void *map)',
  'uint32_t bpf_map__type(const void *map)',
  'uint32_t bpf_map__key_size(const void *map)',
  'uint32_t bpf_map__value_size(const void *map)',
  'uint32_t bpf_map__max_entries(const void *map)',
  'int bpf_map__set_max_entries(void *map, uint32_t max_entries)',
  'int bpf_map__reuse_fd(void *map, int fd)',
  'void *bpf_map__initial_value(void *map, _Out_ size_t *psize)',
  'int bpf_obj_get(const char *pathname)',
  'int bpf_map_get_next_key(int fd, const void *key, void *next_key)',
  'int bpf_map_lookup_elem(int fd, const void *key, void *value)',
  'int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)',
  'int bpf_map_delete_elem(int fd, const void *key)',
  'int bpf_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys, void *values, _Inout_ uint32_t *count, const void *opts)',
  'int bpf_map_lookup_and_delete_batch(int fd, void *in_batch, void *out_batch, void *keys, void *values, _Inout_ uint32_t *count, const void *opts)',
  'int bpf_map_lookup_and_delete_elem(int fd, const void *key, void *value)',
  'int bpf_map_update_batch(int fd, const void *keys, const void *values, _Inout_ uint32_t *count, const void *opts)',
  'int bpf_prog_load(uint32_t prog_type, const char *prog_name, const char *license, const void *insns, size_t insn_cnt, const skep_prog_load_opts *opts)',
  'int bpf_obj_get_info_by_fd(int bpf_fd, void *info, _Inout_ uint32_t *info_len)',
  'int bpf_raw_tracepoint_open(const char *name, int prog_fd)',
  'int libbpf_find_vmlinux_btf_id(const char *name, uint32_t attach_type)',
  'int libbpf_num_possible_cpus(void)',
  'int libbpf_probe_bpf_map_type(uint32_t map_type, const void *opts)',
  'int libbpf_probe_bpf_prog_type(uint32_t prog_type, const void *opts)',
];

let loaded: Libbpf | undefined;

/**
 * The system's libbpf, loaded at first use.
 *
 * @throws SkepError SKEP_LIBRARY when it is not installed, or is older than 1.0.
 */
export function libbpf(): Libbpf {
  if (loaded) return loaded;
  const lib = open();
  koffi.struct('skep_object_open_opts', {
    sz: 'size_t',
    object_name: 'const char *',
    relaxed_maps: 'bool',
    pin_root_path: 'const char *',
    removed_attach_prog_fd: 'uint32_t',
    kconfig: 'const char *',
    btf_custom_path: 'const char *',
    kernel_log_buf: 'void *',
    kernel_log_size: 'size_t',
    kernel_log_level: 'uint32_t',
  });
  koffi.struct('skep_uprobe_opts', {
    sz: 'size_t',
    ref_ctr_offset: 'size_t',
    bpf_cookie: 'uint64_t',
    retprobe: 'bool',
    func_name: 'const char *',
  });
  koffi.struct('skep_kprobe_opts', { sz: 'size_t', bpf_cookie: 'uint64_t', offset: 'size_t', retprobe: 'bool' });
  koffi.struct('skep_prog_load_opts', {
    sz: 'size_t',
    attempts: 'int',
    expected_attach_type: 'uint32_t',
    prog_btf_fd: 'uint32_t',
    prog_flags: 'uint32_t',
    prog_ifindex: 'uint32_t',
    kern_version: 'uint32_t',
    attach_btf_id: 'uint32_t',
    attach_prog_fd: 'uint32_t',
    attach_btf_obj_fd: 'uint32_t',
    fd_array: 'void *',
    func_info: 'void *',
    func_info_cnt: 'uint32_t',
    func_info_rec_size: 'uint32_t',
    line_info: 'void *',
    line_info_cnt: 'uint32_t',
    line_info_rec_size: 'uint32_t',
    log_level: 'uint32_t',
    log_size: 'uint32_t',
    log_buf: 'void *',
  });
  const functions: Record<string, unknown> = {};
  for (const prototype of PROTOTYPES) {
    const name = /(\w+)\(/.exec(prototype)![1]!;
    functions[name] = lib.func(prototype);
  }
  loaded = functions as unknown as Libbpf;
  return loaded;
}

function open(): ReturnType<typeof koffi.load> {
  try {
    return koffi.load(SONAME);
  } catch (cause) {
    throw new SkepError('SKEP_LIBRARY', `${SONAME} cannot be loaded`, 'install it: apt-get install libbpf1', { cause });
  }
}

/** A struct of options with its `sz` member, as libbpf's own DECLARE_LIBBPF_OPTS sets it. */
export function sized<T extends object>(type: string, members: T): T & { sz: number } {
  libbpf(); // declares the types
  return { sz: koffi.sizeof(type), ...members };
}

/** Register a JavaScript function as libbpf's printer; it stays registered for the life of the process. */
export function registerPrinter(print: (level: number, format: bigint, args: bigint) => number): bigint {
  const type = koffi.proto('int skep_print_fn(int level, void *format, void *args)');
  return koffi.register(print, koffi.pointer(type));
}

/** The C string at `address`. */
export function decodeString(address: bigint): string {
  return koffi.decode(address, 'char', -1) as string;
}
