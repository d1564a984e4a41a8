import type { Confidence, Unheard } from '../../src/telephony/contract/call-events.js';

/** Something in a call that nobody heard as it happened, and how well it is known. Times ISO 8601 UTC. */
export interface UnheardView {
  readonly what: 'bridge' | 'unbridge' | 'hold' | 'resume';
  readonly legId: string;
  readonly at: string;
  readonly confidence: Unheard['confidence'];
  readonly evidence: Unheard['evidence'];
  /** For an inferred time: it lies between these. */
  readonly earliest: string | null;
  readonly latest: string | null;
}

export const unheardView = (what: UnheardView['what'], legId: string, at: string, { confidence, evidence, bounds }: Unheard): UnheardView => ({
  what, legId, at, confidence, evidence, earliest: bounds?.earliest ?? null, latest: bounds?.latest ?? null,
});

const ORDER: readonly Confidence[] = ['seen', 'witnessed', 'inferred'];

/** The least certain of them; `seen` where there is none. */
export const leastCertain = (known: readonly Confidence[]): Confidence => ORDER[Math.max(0, ...known.map((each) => ORDER.indexOf(each)))] ?? 'seen';
