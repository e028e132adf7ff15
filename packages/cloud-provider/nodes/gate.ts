/** Lets at most `limit` functions run at a time; the others wait in the order they came. */
export function createGate(limit: number): <T>(fn: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = limit;
  return async (fn) => {
    if (free > 0) free--;
    // Whoever leaves hands its place on: nobody can slip in between.
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await fn();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
