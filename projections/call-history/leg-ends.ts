import { msOf } from '../../src/kernel/clock.js';
import type { Confidence, HungUpBy, LegRole } from '../../src/telephony/contract/call-events.js';
import { elapsedMs } from '../shared/fold.js';

/** How a leg ended, as far as the call's row needs it. */
export interface LegEndView {
  readonly legId: string;
  readonly role: LegRole;
  readonly answered: boolean;
  readonly at: string;
  readonly cause: string;
  readonly hungUpBy: HungUpBy;
  readonly confidence: Confidence;
  /** The switch had sent the leg to its fallback. */
  readonly toFallback?: true;
}

/** Two legs heard each other from `from` on; `to` null: they still do. */
export interface BridgeView {
  readonly legs: readonly [string, string];
  readonly from: string;
  readonly to: string | null;
}


export interface CallEndView {
  readonly endedAt: string;
  readonly cause: string;
  readonly endedBy: 'caller' | 'callee' | 'agent' | 'switch' | 'unknown';
}

/**
 * When, why and by whom the call ended, by the ends of its legs: the first far end to hang up, else
 * the last leg. Agents' phones that nobody picked up do not count. Needed when an end that had been
 * inferred turns out to have been another; undefined without legs.
 */
export const callEndOf = (ends: readonly LegEndView[]): CallEndView | undefined => {
  const byTime = ends.filter(({ role, answered }) => role !== 'agent' || answered).sort((a, b) => msOf(a.at) - msOf(b.at));
  const first = byTime.find(({ hungUpBy }) => hungUpBy === 'far-end');
  const decisive = first ?? byTime.at(-1) ?? ends.at(-1);
  if (decisive === undefined) return undefined;
  const endedAt = ends.reduce((latest, { at }) => (at > latest ? at : latest), decisive.at);
  const unseen = ends.some(({ confidence }) => confidence === 'inferred') ? 'unknown' : 'switch';
  return { endedAt, cause: decisive.cause, endedBy: first === undefined ? unseen : first.role === 'other' ? 'unknown' : first.role };
};

/** The bridges with those of this leg, or of these two, ended. */
export const withoutBridgesOf = (bridges: readonly BridgeView[], legIds: readonly string[], at: string): BridgeView[] =>
  bridges.map((bridge) => (bridge.to === null && legIds.some((legId) => bridge.legs.includes(legId)) ? { ...bridge, to: at < bridge.from ? bridge.from : at } : bridge));

/** Those bridges of the leg that ended with it end at another time, and none outlasts it. */
export const correctBridges = (bridges: readonly BridgeView[], legId: string, assumed: string, endedAt: string): BridgeView[] =>
  bridges.map((bridge) => (bridge.legs.includes(legId) && bridge.to !== null && (bridge.to === assumed || bridge.to > endedAt) ? { ...bridge, to: endedAt < bridge.from ? bridge.from : endedAt } : bridge));

/** Milliseconds in which any two legs heard each other; what is still bridged does not count yet. */
export const bridgedMs = (bridges: readonly BridgeView[]): number => {
  let total = 0;
  let until = '';
  for (const { from, to } of [...bridges].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    if (to === null || to <= until) continue;
    total += elapsedMs(from > until ? from : until, to);
    until = to;
  }
  return total;
};
