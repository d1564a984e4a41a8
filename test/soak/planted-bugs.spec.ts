import { readModels } from '../../projections/read-models.js';
import { simulateDay } from '../../src/engine/simulation/simulated-day.js';
import { plantedBugs } from '../support/planted-bugs.js';

/** Days that are looked at before a mistake counts as overlooked. */
const MOST = 200;

describe('a mistake planted into the composition', () => {
  it.each(plantedBugs().map((bug) => [bug.name, bug] as const))('%s is found by a simulated day', async (name, { alter }) => {
    for (let seed = 1; seed <= MOST; seed += 1) {
      const { broken } = await simulateDay({ seed: String(seed), hours: 0.5, projections: readModels, alter });
      if (broken.length === 0) continue;
      process.stdout.write(`${name}: found by seed ${seed}: ${broken[0]}\n`);
      return;
    }
    throw new Error(`${name} was not found in ${MOST} days`);
  });
});
