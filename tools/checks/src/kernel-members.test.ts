import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { declaredMembers } from './declared-members.js';
import { isFlavour, lackingMembers } from './kernel-members.js';
import { type KernelBtf, kernelsIn, runningKernel } from './kernels.js';
import { scanBtf } from './scan-btf.js';

const include = fileURLToPath(new URL('../../../packages/libbpf/include', import.meta.url));
const folder = process.env.SKEP_BTF_FOLDER;
const running = runningKernel();

const noClang = spawnSync('clang', ['--version']).error ? 'clang is not installed' : undefined;
const noKernel = running === undefined ? 'the running kernel shows no BTF' : undefined;
// The headers are those of today's kernels; older ones need the others beside them.
const tooOld = Number.parseFloat(release()) < 6 && !folder ? `Linux ${release()} lacks what came later` : undefined;

describe('kernel headers', () => {
  it('declare members that a supported kernel has', ({ skip }) => {
    const reason = noClang ?? noKernel ?? tooOld;
    if (reason !== undefined) skip(reason);
    const kernels = [...(folder ? kernelsIn(folder) : []), running!];
    const declared = declaredMembers(include);
    const lacks = lackingMembers(declared, kernels).filter(({ everywhere }) => everywhere);
    const wrong = folder ? lacks : lacks.filter(({ struct }) => !isFlavour(struct));
    expect(wrong.map(({ struct, member }) => `struct ${struct} has no ${member}`)).toEqual([]);
    expect(declared.get('task_struct')).toContain('tgid');
  });

  it('are declared with the members of their unions and flavours', ({ skip }) => {
    if (noClang) skip(noClang);
    const declared = declaredMembers(include);
    expect(declared.get('task_struct___before_5_14')).toContain('state');
    expect(declared.size).toBeGreaterThan(20);
  });
});

describe('a member', () => {
  // struct sock { union { int sk_family; }; int sk_state; }; union sock in another file { int other; }
  const btf = btfOf([
    { kind: 1, name: 'int', sizeOrType: 4, body: [32] },
    { kind: 5, name: '', sizeOrType: 4, members: [['sk_family', 1]] },
    {
      kind: 4,
      name: 'sock',
      sizeOrType: 8,
      members: [
        ['', 2],
        ['sk_state', 1],
      ],
    },
    { kind: 3, name: '', sizeOrType: 0, body: [1, 1, 4] },
    { kind: 5, name: 'sock', sizeOrType: 4, members: [['other', 1]] },
    { kind: 4, name: 'file', sizeOrType: 4, members: [['f_mode', 1]] },
  ]);
  const kernel = (name: string, bytes = btf): KernelBtf => ({ name, read: () => bytes });
  const empty = btfOf([]);

  it('is found by name, in anonymous unions and in every type of that name', () => {
    expect(scanBtf(btf, new Set(['sock', 'inode']))).toEqual(
      new Map([['sock', new Set(['sk_family', 'sk_state', 'other'])]]),
    );
  });

  it('of a flavour is looked for in the struct itself', () => {
    const declared = new Map([['sock___old', new Set(['sk_state', 'sk_gone'])]]);
    expect(lackingMembers(declared, [kernel('6.1')])).toEqual([
      { struct: 'sock___old', member: 'sk_gone', kernels: ['6.1'], everywhere: true },
    ]);
  });

  it('that only some kernels have is told with the others', () => {
    const declared = new Map([['file', new Set(['f_mode'])]]);
    expect(lackingMembers(declared, [kernel('6.1'), kernel('5.10', empty)])).toEqual([
      { struct: 'file', member: 'f_mode', kernels: ['5.10'], everywhere: false },
    ]);
  });

  it('is not looked for in what is no BTF', () => {
    expect(() => scanBtf(new Uint8Array(100), new Set())).toThrow('not BTF');
    expect(() => scanBtf(btfOf([{ kind: 31, name: '', sizeOrType: 0, body: [] }]), new Set())).toThrow('kind 31');
  });
});

interface RawType {
  readonly kind: number;
  readonly name: string;
  readonly sizeOrType: number;
  readonly body?: readonly number[];
  readonly members?: readonly (readonly [name: string, type: number])[];
}

/** The bytes of these types as a compiler writes them. */
function btfOf(types: readonly RawType[]): Uint8Array {
  let strings = '\0';
  const text = (name: string) => {
    if (name === '') return 0;
    strings += `${name}\0`;
    return strings.length - name.length - 1;
  };
  const words = types.flatMap(({ kind, name, sizeOrType, body, members }) => [
    text(name),
    ((kind << 24) | (members?.length ?? 0)) >>> 0,
    sizeOrType,
    ...(body ?? members!.flatMap(([member, type]) => [text(member), type, 0])),
  ]);
  const header = [0x0001eb9f, 24, 0, words.length * 4, words.length * 4, strings.length];
  return Buffer.concat([new Uint8Array(Uint32Array.from([...header, ...words]).buffer), Buffer.from(strings)]);
}
