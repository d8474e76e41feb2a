import { lockFolder } from './folder-lock.js';

/** The sinks of this process that have a folder, by folder: each begins when the one before has ended. */
const holders = new Map<string, Promise<void>>();

/**
 * Hold `folder` against other processes. When a sink of this process has it, `takeUp` runs once that one has let go;
 * else before this settles.
 *
 * @param failed told what went wrong after this has settled
 * @returns what lets the folder go
 * @throws SkepError SKEP_SINK when another process has it.
 */
export async function holdFolder(
  folder: string,
  takeUp: () => Promise<void>,
  failed: (error: unknown) => void,
): Promise<() => Promise<void>> {
  const before = holders.get(folder);
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  holders.set(folder, ended);
  const begin = async (): Promise<() => Promise<void>> => {
    await before;
    const unlock = await lockFolder(folder);
    await takeUp();
    return unlock;
  };
  const begun = begin();
  const release = async (): Promise<void> => {
    const unlock = await begun.catch(() => undefined);
    await unlock?.();
    if (holders.get(folder) === ended) holders.delete(folder);
    end();
  };
  if (before) {
    begun.catch(failed);
    return release;
  }
  try {
    await begun;
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}
