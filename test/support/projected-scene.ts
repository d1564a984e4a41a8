import type { Projection } from '../../src/platform/subscriptions/projection.js';
import { givenEvents, type Projected } from './projection-spec.js';
import { seededRandom } from './seeded-random.js';
import type { Scene } from './scene.js';

/** Folds the scene as far as the projection cares for it. */
export const projectScene = (scene: Scene, projection: Projection, batchSize = 100): Promise<Projected> =>
  givenEvents(...scene.events).project(projection, { batchSize });

/** Folds the scene in several cuts, the seeded ones printed by a failure, and expects the same rows each time. */
export const expectAnyCutGivesTheSameRows = async (scene: Scene, projection: Projection): Promise<void> => {
  const random = seededRandom();
  const tablesOf = async (projected: Projected): Promise<string> => {
    try {
      const tables: Record<string, unknown> = {};
      for (const { name } of projection.tables) tables[name] = await projected.rows(name);
      return JSON.stringify(tables, undefined, 1);
    } finally {
      await projected.close();
    }
  };
  const whole = await tablesOf(await projectScene(scene, projection, scene.events.length));
  for (const batchSize of [1, random.between(2, 9), random.between(10, 50)]) {
    const cut = await tablesOf(await projectScene(scene, projection, batchSize));
    if (cut !== whole) throw new Error(`SEED=${random.seed}: batches of ${batchSize} give other rows`);
    expect(cut).toBe(whole);
  }
};
