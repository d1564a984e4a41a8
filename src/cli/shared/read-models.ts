import { readModels } from '../../../projections/read-models.js';
import type { Projection } from '../../platform/subscriptions/projection.js';
import { OperatorError } from './operator-error.js';

/** The read models of these names, all without any. Throws OperatorError that lists those there are. */
export const readModelsNamed = (names: readonly string[]): readonly Projection[] => {
  const unknown = names.filter((name) => readModels.every((model) => model.name !== name));
  if (unknown.length > 0) throw new OperatorError(`there is no read model ${unknown.join(', ')}; there are: ${readModels.map(({ name }) => name).join(', ')}`, 2);
  return names.length === 0 ? readModels : readModels.filter(({ name }) => names.includes(name));
};
