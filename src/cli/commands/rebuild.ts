import { rebuild } from '../../platform/subscriptions/projection-rebuild.js';
import { interruptible } from '../shared/interruption.js';
import { Progress } from '../shared/progress.js';
import { readModelsNamed } from '../shared/read-models.js';
import { atWorkplace, type Environment } from '../shared/workplace.js';

/** Builds read models anew from the whole log, one after the other, and exchanges each when it is complete. Trunkline may run meanwhile. */
export const rebuildReadModels = async (env: Environment, names: readonly string[], batchSize: number | undefined): Promise<void> => {
  const models = readModelsNamed(names);
  await interruptible((signal) =>
    atWorkplace(env, async ({ log, projections, parked, clock }) => {
      for (const model of models) {
        const [rebuilt] = await Progress.during(model.name.padEnd(18), (progress) =>
          rebuild({ log, store: projections, parked, clock }, [model], {
            signal,
            ...(batchSize === undefined ? {} : { batchSize }),
            onProgress: ({ position, head, events }) => progress.at(position, head, events),
          }),
        );
        process.stdout.write(`${model.name} v${model.version}: rebuilt up to position ${rebuilt?.position ?? 0n}\n`);
      }
    }),
  );
};
