import { readModels } from '../../projections/read-models.js';
import { type DayOptions, type DayReport, simulateDay } from '../../src/engine/simulation/simulated-day.js';

const live = (seed: string, more: Partial<DayOptions> = {}): Promise<DayReport> => simulateDay({ seed, hours: 1, projections: readModels, ...more });

describe('a simulated day', () => {
  it('without faults: all that must hold holds, and lived through twice it leaves the same log', async () => {
    const [once, again] = [await live('calm', { faults: [] }), await live('calm', { faults: [] })];
    expect(once.broken).toEqual([]);
    expect(once.calls).toBeGreaterThan(5);
    expect(again.hash).toBe(once.hash);
    expect((await live('another', { faults: [] })).hash).not.toBe(once.hash);
  });
});
