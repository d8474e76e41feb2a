/** `modules.dep` of one kernel: from the file of a module to the files it needs. Paths are relative to the modules folder. */
export type ModulesDep = ReadonlyMap<string, readonly string[]>;

/** Parse what depmod wrote: `kernel/fs/9p/9p.ko: kernel/net/9p/9pnet.ko kernel/fs/fscache/fscache.ko` */
export function parseModulesDep(text: string): ModulesDep {
  const dependencies = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const needed = line.slice(colon + 1).trim();
    dependencies.set(line.slice(0, colon), needed === '' ? [] : needed.split(/\s+/));
  }
  return dependencies;
}

/** The name modprobe uses: no folder, no suffix or compression, and `-` is the same as `_`. */
export function moduleName(file: string): string {
  return file
    .slice(file.lastIndexOf('/') + 1)
    .replace(/\.ko(\.(xz|gz|zst))?$/, '')
    .replaceAll('-', '_');
}

/** Names compiled into the kernel, from `modules.builtin`; asking to load one is not an error. */
export function parseBuiltin(text: string): ReadonlySet<string> {
  return new Set(text.split('\n').filter(Boolean).map(moduleName));
}

/**
 * The files to insert, in order, so that every module comes after what it needs; no file twice.
 *
 * @throws Error naming the module when it is neither a file nor built in.
 */
export function loadOrder(names: readonly string[], dep: ModulesDep, builtin: ReadonlySet<string>): string[] {
  const fileOf = new Map([...dep.keys()].map((file) => [moduleName(file), file]));
  const order = new Set<string>();
  const visit = (file: string) => {
    if (order.has(file)) return;
    for (const needed of dep.get(file) ?? []) visit(needed);
    order.add(file);
  };
  for (const name of names) {
    const file = fileOf.get(name.replaceAll('-', '_'));
    if (file !== undefined) visit(file);
    else if (!builtin.has(name.replaceAll('-', '_'))) throw new Error(`no module ${name} in this kernel`);
  }
  return [...order];
}
