import { msOf } from '../../../kernel/clock.js';
import type { CallCommand } from './call.commands.js';
import type { CallEvent } from './call.events.js';
import { type CallState, evolveCall, type Leg } from './call.state.js';
import { endLeg } from './leg-end.js';
import { TOLERANCE_MS } from './tolerance.js';
import { correctSegments, gaveUpAfterAll } from './segment-ends.js';
import { tellBridge } from './unheard-bridge.js';

type WitnessLegEnd = Extract<CallCommand, { type: 'WitnessLegEnd' }>;

/**
 * The switch's CDR closes what was open, corrects what was inferred, tells of a bridge that nobody heard,
 * and is compared with what was seen.
 */
export const witnessLegEnd = (command: WitnessLegEnd, state: CallState): readonly CallEvent[] => {
  const { legId, endedAt, bridge, ...told } = command.data;
  const { meta } = command;
  const leg = state.legs[legId];
  if (leg === undefined) return [];
  const events: CallEvent[] = [];
  let now = state;
  const add = (more: readonly CallEvent[]): void => {
    events.push(...more);
    now = more.reduce((before, event) => evolveCall(before, { ...event, occurredAt: event.occurredAt ?? meta.at }), now);
  };
  const ending = { at: endedAt, hungUpBy: told.hungUpBy };
  if (leg.end === null) {
    add(tellBridge(now, meta, { legId, bridge, evidence: 'switch-cdr', ending }));
    add(endLeg(now, meta, legId, endedAt, { ...told, sipStatus: null, confidence: 'witnessed', bounds: null, evidence: 'switch-cdr' }));
    return events;
  }
  if (leg.end.confidence === 'inferred') add([{ type: 'LegEndCorrected', data: { legId, endedAt, ...told } }]);
  else add(differences(leg, command));
  add(tellBridge(now, meta, { legId, bridge, evidence: 'switch-cdr', ending }));
  if (leg.end.confidence === 'inferred') add([...correctSegments(now, legId), ...gaveUpAfterAll(now, legId, endedAt, told.hungUpBy)]);
  return events;
};

const differences = (leg: Leg, { data: { legId, endedAt, times, cause } }: WitnessLegEnd): readonly CallEvent[] => {
  if (leg.end === null || leg.end.confidence !== 'seen') return [];
  const pairs: readonly [string, string | null, string | null][] = [
    ['endedAt', leg.end.at, endedAt],
    ['answeredAt', leg.answeredAt, times.answeredAt ?? null],
    ['cause', leg.end.cause, cause],
  ];
  return pairs
    .filter(([field, recorded, witnessed]) => (field === 'cause' || recorded === null || witnessed === null ? recorded !== witnessed : Math.abs(msOf(recorded) - msOf(witnessed)) > TOLERANCE_MS))
    .map(([field, recorded, witnessed]) => ({ type: 'CdrDiffered', data: { legId, field, recorded, witnessed } }));
};
