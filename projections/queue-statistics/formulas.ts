import { type Figure, meanMs, ratio } from '../shared/figures.js';

/**
 * What each formula means. O entered the queue, A answered by an agent, B abandoned by the caller; `<= x`
 * within the service-level threshold, `<= y` within that of a short abandon, both from the queue entry.
 */
export const FORMULAS = {
  'SL-a': 'A<=x / A',
  'SL-b': 'A<=x / O (abandons hurt)',
  'SL-c': '(A<=x + B<=x) / (A + B) (early abandons help)',
  'SL-d': 'A<=x / (O - B<=x) (early abandons are left out)',
  'SL-e': 'A<=x / (O - B<=y) (short abandons are left out)',
  'abandonment': 'B / O',
  'abandonment-without-short': '(B - B<=y) / (O - B<=y)',
  'ASA': 'sum of waits of the answered / A; the ringing at the agent is inside',
  'average-abandon-time': 'sum of waits of the abandoned / B',
  'AHT': '(talk + hold + wrap-up) / contacts; only contacts whose wrap-up, if there was to be one, has ended',
  'average-talk': 'talk / contacts that have ended',
  'average-hold': 'hold / contacts that have ended',
  'no-answer-rate': 'offers that the agent let ring / offers',
} as const;

export type FormulaId = keyof typeof FORMULAS;

/** What was counted; times in ms. O is the sum of answered, abandoned, overflowed, timedOut, otherwise and waiting. */
export interface QueueCounts {
  /** O: entered the queue. One that overflowed counts in both queues. */
  readonly offered: number;
  /** A */
  readonly answered: number;
  /** B: the caller hung up. */
  readonly abandoned: number;
  /** B<=y */
  readonly shortAbandoned: number;
  /** A<=x, B<=x */
  readonly answeredWithin: number;
  readonly abandonedWithin: number;
  /** Left for another queue. */
  readonly overflowed: number;
  /** The queue's maximum wait ended it, and it went to no other queue. */
  readonly timedOut: number;
  /** Ended otherwise: transferred away, hung up by the switch, turned away. */
  readonly otherwise: number;
  /** Entered in this time and still waiting. */
  readonly waiting: number;
  /** Of those who do not wait any more. */
  readonly waitMs: number;
  readonly answeredWaitMs: number;
  readonly abandonedWaitMs: number;
  readonly maxWaitMs: number;
  readonly offers: number;
  readonly noAnswers: number;
  /** The agent was busy, refused, could not be reached, or the reservation failed. */
  readonly failedOffers: number;
  readonly ringMs: number;
  readonly contacts: number;
  readonly endedContacts: number;
  /** Contacts whose wrap-up, if there was to be one, has ended, and their times. */
  readonly completeContacts: number;
  readonly handleMs: number;
  readonly talkMs: number;
  readonly holdMs: number;
  readonly wrapUpMs: number;
}

export interface ThresholdsUsed {
  readonly serviceLevelSeconds: readonly number[];
  readonly shortAbandonSeconds: readonly number[];
}

/** Every figure by the id of its formula. */
export const figuresOf = (counts: QueueCounts, thresholds: ThresholdsUsed): Readonly<Record<FormulaId, Figure>> => {
  const { offered: O, answered: A, abandoned: B, answeredWithin, abandonedWithin, shortAbandoned } = counts;
  const { serviceLevelSeconds, shortAbandonSeconds } = thresholds;
  const x = { serviceLevelSeconds };
  const y = { shortAbandonSeconds };
  const figures: readonly Figure[] = [
    ratio('SL-a', answeredWithin, A, x),
    ratio('SL-b', answeredWithin, O, x),
    ratio('SL-c', answeredWithin + abandonedWithin, A + B, x),
    ratio('SL-d', answeredWithin, O - abandonedWithin, x),
    ratio('SL-e', answeredWithin, O - shortAbandoned, { ...x, ...y }),
    ratio('abandonment', B, O),
    ratio('abandonment-without-short', B - shortAbandoned, O - shortAbandoned, y),
    meanMs('ASA', counts.answeredWaitMs, A),
    meanMs('average-abandon-time', counts.abandonedWaitMs, B),
    meanMs('AHT', counts.handleMs, counts.completeContacts),
    meanMs('average-talk', counts.talkMs, counts.endedContacts),
    meanMs('average-hold', counts.holdMs, counts.endedContacts),
    ratio('no-answer-rate', counts.noAnswers, counts.offers),
  ];
  return Object.fromEntries(figures.map((figure) => [figure.formula, figure])) as Record<FormulaId, Figure>;
};
