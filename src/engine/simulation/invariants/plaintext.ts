import type { Projection } from '../../../platform/subscriptions/projection.js';
import type { Truth } from '../../../simulator/index.js';
import type { Installation } from '../installation.js';
import type { SharedStores } from '../stores.js';

const textOf = (value: unknown): string => JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));

/** Numbers of people who called or were called, wherever something is kept or told: in the log, in rows, in timers, in what was set aside, in complaints. */
export const plaintext = async (stores: SharedStores, projections: readonly Projection[], installation: Installation, truth: Truth): Promise<string[]> => {
  const numbers = new Set([...truth.legs.values()].flatMap(({ direction, madeFor, from, to }) => (direction === 'inbound' ? [from] : madeFor === undefined ? [to] : [])).filter((number) => /^\+\d{7,}$/.test(number)));
  const places: [string, string][] = [
    ['the log', textOf(await stores.log.readAll({ maxCount: Number.MAX_SAFE_INTEGER }))],
    ...projections.flatMap((projection) => [...stores.readModels.shown(projection)].map(([table, rows]): [string, string] => [table, textOf(rows)])),
    ['the timers', textOf([await stores.timers.load('timers'), await stores.timers.load('timers/recordings')])],
    ['what was set aside', textOf(await stores.parked.waiting())],
    ['a complaint', textOf(installation.processes.flatMap(({ alarms }) => alarms.last.map(({ message, details, error }) => [message, details, error instanceof Error ? error.message : error])))],
  ];
  return places.flatMap(([place, text]) => [...numbers].filter((number) => text.includes(number)).map((number) => `${place} holds the number ${number}`));
};
