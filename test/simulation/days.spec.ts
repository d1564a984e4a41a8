import { readModels } from '../../projections/read-models.js';
import { simulateDay } from '../../src/engine/simulation/simulated-day.js';
import { plantedBugs } from '../support/planted-bugs.js';
import { figureOf, hashOf, simulatedDays } from '../support/simulated-days.js';

const HOURS = 0.5;

/** Another range is another fifty days. */
const FIRST = Number(process.env['FIRST_SEED'] ?? 1);
const DAYS = 50;

describe('a simulated day', () => {
  it.each([['without faults', 'calm', ['--faults', 'none']], ['with faults', 'stormy', []]] as const)('%s leaves the same log when it is lived through twice', async (_which, seed, more) => {
    const [once, again, another] = [await simulatedDays(seed, HOURS, ...more), await simulatedDays(seed, HOURS, ...more), await simulatedDays('another', HOURS, ...more)];
    expect([once.complaints, once.code]).toEqual([[], 0]);
    expect(figureOf(once.days[0], 'calls')).toBeGreaterThan(5);
    if (more.length === 0) expect(figureOf(once.days[0], 'faults')).toBeGreaterThan(3);
    expect(hashOf(once.days[0])).toBeDefined();
    expect(again.days).toEqual(once.days);
    expect(hashOf(another.days[0])).not.toBe(hashOf(once.days[0]));
  });

  it(`with faults of fifty seeds, ${FIRST} to ${FIRST + DAYS - 1}: nothing is broken`, async () => {
    const { code, days, complaints } = await simulatedDays(FIRST, HOURS, '--days', String(DAYS));
    expect([complaints, code]).toEqual([[], 0]);
    expect(new Set(days.map(hashOf)).size).toBe(DAYS);
  }, 300_000);

  it.each(['an effect without its start event', 'the end of a wrap-up lost', 'no comparison after a reconnect'])('finds a mistake that is planted: %s', async (name) => {
    const bug = plantedBugs().find((planted) => planted.name === name)!;
    let broken: readonly string[] = [];
    for (let seed = 1; seed <= 10 && broken.length === 0; seed += 1) ({ broken } = await simulateDay({ seed: String(seed), hours: HOURS, projections: readModels, alter: bug.alter }));
    expect(broken).not.toEqual([]);
  });
});
