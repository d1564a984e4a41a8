import { mapInParallel } from '../../../src/kernel/parallel.js';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('in parallel', () => {
  it('keeps the order, and the limit', async () => {
    let [under, most] = [0, 0];
    const results = await mapInParallel([5, 1, 3, 0, 2], 3, async (turns) => {
      under += 1;
      most = Math.max(most, under);
      for (let index = 0; index < turns; index += 1) await turn();
      under -= 1;
      return turns * 10;
    });
    expect([results, most]).toEqual([[50, 10, 30, 0, 20], 3]);
    expect(await mapInParallel([], 3, () => Promise.resolve(1))).toEqual([]);
  });

  it('begins nothing more once one has failed', async () => {
    const begun: number[] = [];
    const all = mapInParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
      begun.push(item);
      await turn();
      if (item === 2) throw new Error('two');
    });
    await expect(all).rejects.toThrow('two');
    await turn();
    expect(begun.length).toBeLessThan(5);
  });
});
