/** koffi refuses more than 256 calls at a time, and other plugins have theirs. */
const AT_ONCE = 64;

/** Detach links, many at a time: the kernel waits a grace period for each. */
export async function detachAll(links: readonly { detach(): Promise<void> }[]): Promise<void> {
  const waiting = [...links];
  const work = async () => {
    for (let link = waiting.pop(); link; link = waiting.pop()) await link.detach();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
