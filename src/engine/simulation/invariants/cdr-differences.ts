import type { CallOutcome, TrueLeg, Truth } from '../../../simulator/index.js';

/** Something that a CDR says otherwise than it was. */
export interface CdrDifference {
  readonly callId: string;
  /** How well the CDR claims to know the call; undefined: there is none. */
  readonly confidence: string | undefined;
  readonly what: string;
}

/** A row of the call history with those of its legs, as far as they are compared. */
export interface CdrRow {
  readonly call_id: string;
  readonly confidence: string;
  readonly disposition: string | null;
  readonly cause: string | null;
  readonly ended_by: string | null;
  readonly started_at: Date | string;
  readonly ended_at: Date | string | null;
  readonly bridged_ms: string;
  readonly bridges: readonly { readonly legs: readonly string[] }[];
  readonly transfers: readonly unknown[];
  readonly legs: readonly LegRow[];
}

interface LegRow {
  readonly leg_id: string;
  readonly offer_id: string | null;
  readonly created_at: string;
  readonly answered_at: string | null;
  readonly ended_at: string | null;
  readonly cause: string | null;
  readonly q850: number | null;
  readonly hung_up_by: string | null;
  readonly holds: number;
  readonly hold_ms: number;
}

const DISPOSITIONS: Readonly<Record<CallOutcome, readonly string[]>> = {
  answered: ['answered'],
  abandoned: ['abandoned', 'cancelled'],
  'ended-by-switch': ['timed-out', 'rejected', 'failed', 'completed'],
  stranded: ['stranded'],
  emergency: [],
  lost: [],
  open: [],
};

/** What a CDR may call a call that came to this. */
export const dispositionsOf = (outcome: CallOutcome): readonly string[] => DISPOSITIONS[outcome];

const msOfUs = (us: number | undefined): number | null => (us === undefined ? null : Math.floor(us / 1000));
const msOfText = (text: string | null): number | null => (text === null ? null : Date.parse(text));

/** Everything in which CDRs differ from the simulator's own record of the same calls. */
export const differencesOf = (rows: readonly CdrRow[], truth: Truth): CdrDifference[] => {
  const cdrs = new Map(rows.map((row) => [row.call_id, row]));
  const differences: CdrDifference[] = [];
  const differ = (callId: string, what: string): void => void differences.push({ callId, confidence: cdrs.get(callId)?.confidence, what });
  for (const call of truth.calls) {
    const cdr = cdrs.get(call.channelId);
    if (cdr === undefined) {
      differ(call.channelId, 'has no CDR');
      continue;
    }
    const outcome = truth.outcomeOf(call);
    if (!DISPOSITIONS[outcome].includes(cdr.disposition ?? '')) differ(call.channelId, `was ${outcome}, its CDR says ${cdr.disposition ?? 'that it goes on'}`);
    for (const leg of [call, ...truth.legsOf(call)]) compareLeg(leg, cdr.legs.find((row) => row.leg_id === leg.channelId), cdr.bridges.filter(({ legs }) => legs.includes(leg.channelId)).length, (what) => differ(call.channelId, what));
  }
  const known = new Set(truth.calls.map((call) => call.channelId));
  for (const callId of cdrs.keys()) if (!known.has(callId)) differ(callId, 'has a CDR and never happened');
  return differences;
};

const compareLeg = (leg: TrueLeg, row: LegRow | undefined, bridges: number, differ: (what: string) => void): void => {
  const name = `leg ${leg.channelId}`;
  if (row === undefined) {
    differ(`${name} is not in the CDR`);
    return;
  }
  const pairs: readonly [string, unknown, unknown][] = [
    ['start', msOfUs(leg.createdUs), msOfText(row.created_at)],
    ['answer', msOfUs(leg.answeredUs), msOfText(row.answered_at)],
    ['end', msOfUs(leg.endedUs), msOfText(row.ended_at)],
    ['cause', leg.cause ?? null, row.cause],
    ['who hung up', leg.endedBy ?? null, row.hung_up_by],
    ['bridges', leg.bridges.length, bridges],
    ['holds', leg.holds.length, row.holds],
  ];
  for (const [what, real, told] of pairs) if (real !== told) differ(`${name}: ${what} was ${String(real)}, the CDR says ${String(told)}`);
};

/** Two events of a switch may each be a step of its clock away from what they tell, ms. */
const STRETCH_MS = 40;

/**
 * What CDRs say that claim to have seen all of their call, and is not so: the times of each leg, its cause, who
 * hung up, its bridges, its holds, and how long was talked. `unheard` says whether nobody listened for a part of
 * a stretch, ms: a hold or a leg that began and ended meanwhile is in no event.
 */
export const misreportedCdrs = (rows: readonly CdrRow[], truth: Truth, unheard: (fromMs: number, toMs: number) => boolean): string[] => {
  const seen = rows.filter(({ call_id: callId, confidence }) => confidence === 'seen' && truth.legs.get(callId)?.direction === 'inbound');
  const known = new Set(seen.map(({ call_id: callId }) => callId));
  const found: string[] = [];
  for (const { call_id: callId, bridged_ms: told } of seen) {
    const bridges = truth.legs.get(callId)?.bridges ?? [];
    const real = Math.round(bridges.reduce((sum, { fromUs, toUs = fromUs }) => sum + toUs - fromUs, 0) / 1000);
    if (Math.abs(Number(told) - real) > STRETCH_MS * bridges.length) found.push(`call ${callId} talked for ${real} ms, and its CDR says ${told}`);
  }
  const heldUnheard = (callId: string): boolean => {
    const call = truth.legs.get(callId);
    return call !== undefined && [call, ...truth.legsOf(call)].some(({ holds }) => holds.some(({ fromUs, toUs = Infinity }) => unheard(fromUs / 1000, toUs / 1000)));
  };
  const cameAndWentUnheard = (legId = ''): boolean => {
    const { createdUs, endedUs } = truth.legs.get(legId) ?? {};
    return createdUs !== undefined && endedUs !== undefined && unheard(createdUs / 1000, createdUs / 1000) && unheard(endedUs / 1000, endedUs / 1000);
  };
  for (const { callId, what } of differencesOf(seen, truth).filter((difference) => known.has(difference.callId))) {
    // Who talked with somebody and was stranded as well was answered.
    if (what.startsWith('was stranded') && what.includes('says answered') && (truth.legs.get(callId)?.bridges.length ?? 0) > 0) continue;
    if (/: holds was/.test(what) && heldUnheard(callId)) continue;
    if (cameAndWentUnheard(/^leg (\S+) is not in the CDR$/.exec(what)?.[1])) continue;
    found.push(`call ${callId}: ${what}, and the CDR claims to have seen it`);
  }
  return found;
};
