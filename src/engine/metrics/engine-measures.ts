import { gauge, type Measure } from '../../platform/observability/measures.js';
import type { Engine } from '../engine.js';
import { appendMeasures, lagMeasures } from './log-measures.js';
import { queueMeasures } from './queue-measures.js';
import type { Runners } from './runners.js';
import { callMeasures, nodeMeasures } from './telephony-measures.js';
import { leaseMeasures, workMeasures } from './work-measures.js';

/**
 * All figures of one process. They are asked for when somebody looks: nothing is counted twice for
 * them, no timer runs for them, and none of them asks a store or a switch.
 */
export const engineMeasures = (engine: Engine): Measure[] => {
  const { core, telephony, media, worker, database } = engine;
  const { clock, reader } = core;
  const runners = (): Runners[] => [telephony, media].flatMap((role) => (role === undefined ? [] : [{ ...role.runners, effects: role.effects }]));
  return [
    gauge('trunkline_role', '1 for each role that this process has', ['role'], () => engine.roles.map((role) => [1, role])),
    ...appendMeasures(engine.store),
    ...lagMeasures(core, runners),
    ...queueMeasures({ clock, reader, store: engine.store, database, telephony, runners }),
    ...leaseMeasures(engine.leases, clock),
    ...workMeasures(clock, runners, () => worker?.status() ?? []),
    ...(telephony === undefined ? [] : [...nodeMeasures({ sessions: telephony.sessions, legs: telephony.legs, watched: () => telephony.watched() }, clock), ...callMeasures(telephony, clock)]),
  ];
};
