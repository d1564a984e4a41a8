import { readModels } from '../../projections/read-models.js';
import { shownFault } from '../../src/engine/simulation/faults.js';
import { plantedBugs } from '../support/planted-bugs.js';
import { type DayOptions, type DayReport, simulateDay } from '../../src/engine/simulation/simulated-day.js';

const live = (seed: string, more: Partial<DayOptions> = {}): Promise<DayReport> => simulateDay({ seed, hours: 0.5, projections: readModels, ...more });

/** What is wrong with a day, and how to live through it again. */
const wrong = ({ seed, broken, faults }: DayReport): string[] =>
  broken.length === 0 ? [] : [`npm run trunkline -- simulate --seed ${seed} --hours 0.5`, ...faults.map(shownFault), ...broken];

/** Another range is another fifty days. */
const FIRST = Number(process.env['FIRST_SEED'] ?? 1);
const SEEDS = Array.from({ length: 50 }, (_, index) => String(FIRST + index));

describe('a simulated day', () => {
  it('without faults leaves the same log when it is lived through twice', async () => {
    const [once, again] = [await live('calm', { faults: [] }), await live('calm', { faults: [] })];
    expect(wrong(once)).toEqual([]);
    expect(once.calls).toBeGreaterThan(5);
    expect(again.hash).toBe(once.hash);
    expect((await live('another', { faults: [] })).hash).not.toBe(once.hash);
  });

  it('with faults leaves the same log when it is lived through twice', async () => {
    const [once, again] = [await live('stormy'), await live('stormy')];
    expect(once.faults.length).toBeGreaterThan(3);
    expect([again.hash, again.steps]).toEqual([once.hash, once.steps]);
    expect((await live('stormy', { faults: [] })).hash).not.toBe(once.hash);
  });

  it(`with faults of fifty seeds, ${SEEDS[0]} to ${SEEDS.at(-1)}: nothing is broken`, async () => {
    const found: string[] = [];
    for (const seed of SEEDS) found.push(...wrong(await live(seed)));
    expect(found).toEqual([]);
  }, 300_000);

  it.each(['an effect without its start event', 'the end of a wrap-up lost', 'no comparison after a reconnect'])('finds a mistake that is planted: %s', async (name) => {
    const bug = plantedBugs().find((planted) => planted.name === name)!;
    let broken: readonly string[] = [];
    for (let seed = 1; seed <= 10 && broken.length === 0; seed += 1) broken = (await live(String(seed), { alter: bug.alter })).broken;
    expect(broken).not.toEqual([]);
  });
});
