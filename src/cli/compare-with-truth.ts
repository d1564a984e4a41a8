import type { Database } from '../platform/postgres/database.js';
import { type CdrDifference, type CdrRow, differencesOf, dispositionsOf } from '../engine/simulation/invariants/cdr-differences.js';
import type { CallOutcome, Truth } from '../simulator/index.js';

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

const CDRS = `SELECT c.call_id, c.confidence, c.disposition, c.cause, c.ended_by, c.started_at, c.ended_at, c.bridged_ms, c.bridges, c.transfers,
    (SELECT coalesce(json_agg(l), '[]') FROM call_history_legs l WHERE l.tenant_id = c.tenant_id AND l.call_id = c.call_id) AS legs
  FROM call_history c WHERE c.tenant_id = $1`;

const SHOWN = 20;
/** Event times of a switch move in steps of 20 ms: a stretch that begins and ends by events may differ by two steps. */
const STRETCH_MS = 40;

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

  const dispositions = (outcome: CallOutcome): number => dispositionsOf(outcome).reduce((sum, name) => sum + (count.get(`disposition ${name}`) ?? 0), 0);
  const stretches = (of: 'bridges' | 'holds'): number => STRETCH_MS * [...truth.legs.values()].reduce((sum, leg) => sum + leg[of].length, 0);
  const figures: Compared[] = [
    { figure: 'calls', engine: rows.length, truth: totals.calls, tolerance: 0 },
    { figure: 'answered', engine: dispositions('answered'), truth: totals.outcomes.answered, tolerance: 0 },
    { figure: 'abandoned', engine: dispositions('abandoned'), truth: totals.outcomes.abandoned, tolerance: 0 },
    { figure: 'ended by the switch', engine: dispositions('ended-by-switch'), truth: totals.outcomes['ended-by-switch'], tolerance: 0 },
    { figure: 'stranded to the fallback', engine: dispositions('stranded'), truth: totals.outcomes.stranded, tolerance: 0 },
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

/** Whether engine and truth say the same. */
export const agrees = ({ engine, truth, tolerance }: Compared): boolean => Math.abs(engine - truth) <= tolerance;
