// Several results on their way at once, taken in order.

/**
 * Asks for `count` results, up to `depth` of them before the first has been taken. What was asked for and is not wanted any more is
 * awaited and dropped.
 * @param take - false: no more
 * @returns whether all were taken, and more are wanted
 * @throws what a result that was taken, or `take`, throws
 */
export async function runAhead<R>(
  { count, depth }: { readonly count: number; readonly depth: number },
  ask: () => Promise<R>,
  take: (result: R) => boolean,
): Promise<boolean> {
  const asked: Promise<R>[] = [];
  let left = count;
  try {
    while (left > 0 || asked.length > 0) {
      for (; left > 0 && asked.length < depth; left--) asked.push(heard(ask()));
      const result = await (asked.shift() as Promise<R>);
      if (!take(result)) return false;
    }
    return true;
  } finally {
    await Promise.allSettled(asked);
  }
}

/** A failure waits for its turn, without being reported as one that nobody hears of. */
function heard<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => {});
  return promise;
}
