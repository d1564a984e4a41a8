import { verify, type ProjectionVerdict, type TableVerdict } from '../../platform/subscriptions/projection-verify.js';
import { interruptible } from '../shared/interruption.js';
import { Progress } from '../shared/progress.js';
import { readModelsNamed } from '../shared/read-models.js';
import { atWorkplace, type Environment } from '../shared/workplace.js';

const tableLines = ({ table, rows, served, rebuilt, differences }: TableVerdict): string[] => [
  `  ${table.padEnd(28)} ${String(rows).padStart(9)} rows  ${served.slice(0, 16)}${served === rebuilt ? '' : `  <-- the log says ${rebuilt.slice(0, 16)}`}`,
  ...differences.map(({ key, what, columns }) => `    ${what}: ${key.join(' / ')}${columns.length > 0 ? ` in ${columns.join(', ')}` : ''}`),
];

const verdictLines = ({ name, version, position, equal, tables }: ProjectionVerdict): string[] => [
  `${name} v${version}, up to position ${position}: ${equal ? 'equal' : 'DIFFERS'}`,
  ...tables.flatMap(tableLines),
];

/** Compares what is served with what the log says, and changes nothing. False when anything differs. */
export const verifyReadModels = async (env: Environment, names: readonly string[], batchSize: number | undefined): Promise<boolean> => {
  const models = readModelsNamed(names);
  const verdicts = await interruptible((signal) =>
    atWorkplace(env, async ({ log, projections, clock }) => {
      const found: ProjectionVerdict[] = [];
      for (const model of models) {
        const [verdict] = await Progress.during(model.name.padEnd(18), (progress) =>
          verify({ log, store: projections, clock }, [model], {
            signal,
            ...(batchSize === undefined ? {} : { batchSize }),
            onProgress: ({ position, head, events }) => progress.at(position, head, events),
          }),
        );
        if (verdict !== undefined) found.push(verdict);
      }
      return found;
    }),
  );
  for (const verdict of verdicts) process.stdout.write(`${verdictLines(verdict).join('\n')}\n`);
  const wrong = verdicts.filter(({ equal }) => !equal);
  process.stdout.write(wrong.length === 0 ? 'All that is served is what the log says.\n' : `Not what the log says: ${wrong.map(({ name }) => name).join(', ')}. Put it right with: trunkline rebuild ${wrong.map(({ name }) => name).join(' ')}\n`);
  return wrong.length === 0;
};
