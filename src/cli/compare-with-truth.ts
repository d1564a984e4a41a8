import type { Database } from '../platform/postgres/database.js';
import type { CallOutcome, TrueLeg, Truth } from '../simulator/index.js';

/** One figure of the engine beside the simulator's own. */
export interface Compared {
  readonly figure: string;
  /** How far the two may be apart: 0 for counts, for sums of times the steps of the switch's clock. */
  readonly tolerance: number;
  readonly engine: number;
  readonly truth: number;
}

export interface Comparison {
  readonly figures: readonly Compared[];
  /** Calls whose CDR says something else than what happened, the first ones. */
  readonly differences: readonly string[];
  readonly equal: boolean;
}

/** Something that a CDR says otherwise than it was. */
export interface CdrDifference {
  readonly callId: string;
  /** How well the CDR claims to know the call; undefined: there is none. */
  readonly confidence: string | undefined;
  readonly what: string;
}

interface CdrRow {
  readonly call_id: string;
  readonly confidence: string;
  readonly disposition: string | null;
  readonly cause: string | null;
  readonly ended_by: string | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
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

const CDRS = `SELECT c.call_id, c.confidence, c.disposition, c.cause, c.ended_by, c.started_at, c.ended_at, c.bridged_ms, c.bridges, c.transfers,
    (SELECT coalesce(json_agg(l), '[]') FROM call_history_legs l WHERE l.tenant_id = c.tenant_id AND l.call_id = c.call_id) AS legs
  FROM call_history c WHERE c.tenant_id = $1`;

const DISPOSITIONS: Readonly<Record<CallOutcome, readonly string[]>> = {
  answered: ['answered'],
  abandoned: ['abandoned', 'cancelled'],
  'ended-by-switch': ['timed-out', 'rejected', 'failed', 'completed'],
  stranded: [],
  emergency: [],
  lost: [],
  open: [],
};

const SHOWN = 20;
/** Event times of a switch move in steps of 20 ms: a stretch that begins and ends by events may differ by two steps. */
const STRETCH_MS = 40;
const msOfUs = (us: number | undefined): number | null => (us === undefined ? null : Math.floor(us / 1000));
const msOfText = (text: string | null): number | null => (text === null ? null : Date.parse(text));

/** Compares every CDR of a tenant with the simulator's own record of the same call. */
export const compareWithTruth = async (database: Database, tenantId: string, truth: Truth): Promise<Comparison> => {
  const { rows } = await database.query<CdrRow>(CDRS, [tenantId]);
  const totals = truth.totals();
  const differences = differencesOf(rows, truth);

  const count = new Map<string, number>();
  const add = (name: string, by = 1): void => void count.set(name, (count.get(name) ?? 0) + by);
  for (const row of rows) {
    add(`disposition ${row.disposition ?? 'none'}`);
    const caller = row.legs.find((leg) => leg.leg_id === row.call_id);
    if (caller?.hung_up_by === 'far-end') add('hung up by the caller');
    add('bridged ms', Number(row.bridged_ms));
    if (row.transfers.length > 0) add('transferred');
    for (const leg of row.legs) if (leg.offer_id !== null && leg.answered_at === null) add(`agent leg ${leg.cause ?? 'open'}`);
    if (row.legs.some((leg) => leg.holds > 0)) add('held');
    for (const leg of row.legs) add('hold ms', Number(leg.hold_ms));
  }

  const dispositions = (outcome: CallOutcome): number => DISPOSITIONS[outcome].reduce((sum, name) => sum + (count.get(`disposition ${name}`) ?? 0), 0);
  const stretches = (of: 'bridges' | 'holds'): number => STRETCH_MS * [...truth.legs.values()].reduce((sum, leg) => sum + leg[of].length, 0);
  const figures: Compared[] = [
    { figure: 'calls', engine: rows.length, truth: totals.calls, tolerance: 0 },
    { figure: 'answered', engine: dispositions('answered'), truth: totals.outcomes.answered, tolerance: 0 },
    { figure: 'abandoned', engine: dispositions('abandoned'), truth: totals.outcomes.abandoned, tolerance: 0 },
    { figure: 'ended by the switch', engine: dispositions('ended-by-switch'), truth: totals.outcomes['ended-by-switch'], tolerance: 0 },
    { figure: 'stranded to the fallback', engine: 0, truth: totals.outcomes.stranded, tolerance: 0 },
    { figure: 'calls with a hold', engine: count.get('held') ?? 0, truth: totals.heldCalls, tolerance: 0 },
    { figure: 'hung up by the caller', engine: count.get('hung up by the caller') ?? 0, truth: totals.callerHangups, tolerance: 0 },
    { figure: 'transferred calls', engine: count.get('transferred') ?? 0, truth: totals.transferredCalls, tolerance: 0 },
    { figure: 'agent legs: busy', engine: count.get('agent leg USER_BUSY') ?? 0, truth: totals.offers.busy, tolerance: 0 },
    { figure: 'agent legs: no answer', engine: count.get('agent leg NO_ANSWER') ?? 0, truth: totals.offers['no-answer'], tolerance: 0 },
    { figure: 'agent legs: refused', engine: count.get('agent leg CALL_REJECTED') ?? 0, truth: totals.offers.refused, tolerance: 0 },
    { figure: 'time in bridges, ms', engine: count.get('bridged ms') ?? 0, truth: totals.bridgedMs, tolerance: stretches('bridges') / 2 },
    { figure: 'time on hold, ms', engine: count.get('hold ms') ?? 0, truth: totals.holdMs, tolerance: stretches('holds') },
  ];
  return { figures, differences: differences.slice(0, SHOWN).map(({ callId, what }) => `${callId}: ${what}`), equal: differences.length === 0 && figures.every(agrees) };
};

/** Everything in which the CDRs of a tenant differ from the simulator's own record. */
export const cdrDifferences = async (database: Database, tenantId: string, truth: Truth): Promise<CdrDifference[]> => differencesOf((await database.query<CdrRow>(CDRS, [tenantId])).rows, truth);

const differencesOf = (rows: readonly CdrRow[], truth: Truth): CdrDifference[] => {
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

/** Whether engine and truth say the same. */
export const agrees = ({ engine, truth, tolerance }: Compared): boolean => Math.abs(engine - truth) <= tolerance;

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
