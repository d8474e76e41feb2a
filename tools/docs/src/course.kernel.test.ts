// The course for authors of plugins, carried out as it stands: every block is run, compared or applied, in order.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { patternOf, stepsOf } from './course.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'skep-course-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));

let folder = home;
const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, NO_COLOR: '1' };

function run(command: string): string {
  const into = /^cd (\S+)$/.exec(command)?.[1];
  if (into !== undefined) {
    folder = resolve(folder, into);
    expect(existsSync(folder), folder).toBe(true);
    return '';
  }
  const { stdout } = spawnSync('sh', ['-c', `exec 2>&1; ${command}`], { cwd: folder, env, encoding: 'utf8' });
  return stdout;
}

describe('docs/plugins.md', { timeout: 900_000 }, () => {
  const steps = stepsOf(readFileSync(join(root, 'docs/plugins.md'), 'utf8'));

  it.each(steps.map((step, i) => [i + 1, 'command' in step ? step.command : step.path, step] as const))(
    'step %i: %s',
    (_, __, step) => {
      if (step.kind === 'command') {
        expect(run(step.command)).toMatch(patternOf(step.output));
      } else if (step.kind === 'edit') {
        const path = join(folder, step.path);
        const text = readFileSync(path, 'utf8');
        expect(text).toContain(step.from);
        writeFileSync(
          path,
          text.replace(step.from, () => step.to),
        );
      } else if (existsSync(join(folder, step.path))) {
        expect(readFileSync(join(folder, step.path), 'utf8')).toBe(step.text);
      } else {
        mkdirSync(dirname(join(folder, step.path)), { recursive: true });
        writeFileSync(join(folder, step.path), step.text);
      }
    },
  );
});
