/** What `map` gives for each item, in their order, with at most `most` of them under way at a time. Rejects as soon as one does. */
export const mapInParallel = async <Item, Result>(items: readonly Item[], most: number, map: (item: Item) => Promise<Result>): Promise<Result[]> => {
  const results: Result[] = [];
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next;
      next += 1;
      try {
        results[index] = await map(items[index]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  return results;
};
