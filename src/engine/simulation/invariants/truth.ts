import { msOf } from '../../../kernel/clock.js';
import type { Truth, TrueLeg } from '../../../simulator/index.js';
import type { Histories } from './histories.js';

const msOfUs = (us: number): number => Math.floor(us / 1000);

export interface EndsOptions {
  /** How far clocks were set. */
  readonly slackMs?: number;
  /** Whether a leg went without a word so shortly before nobody listened that nobody could tell the two apart. */
  readonly wordless?: (legId: string) => boolean;
}

/** Inferred ends lie where they say that they lie; those that were seen, or told by the switch's CDR, are exact; the two witnesses never differ, for there is one truth. */
export const brokenEnds = ({ calls }: Histories, truth: Truth, { slackMs = 0, wordless = () => false }: EndsOptions = {}): string[] => {
  const found: string[] = [];
  const recorded = new Set<string>();
  for (const [callId, events] of calls) {
    for (const event of events) {
      if (event.type === 'CdrDiffered') found.push(`call ${callId}: the CDR of leg ${event.data.legId} differs in ${event.data.field}: ${event.data.witnessed}, recorded is ${event.data.recorded}`);
      if (event.type === 'LegEndCorrected' && msOf(event.data.endedAt) !== msOfUs(truth.legs.get(event.data.legId)?.endedUs ?? 0)) found.push(`call ${callId}: the end of leg ${event.data.legId} is corrected to ${event.data.endedAt}, which is wrong`);
      if (event.type !== 'LegEnded') continue;
      const { legId, confidence, bounds } = event.data;
      recorded.add(legId);
      const leg = truth.legs.get(legId);
      if (leg === undefined) {
        // A leg that was asked for and never came to be may only have an inferred end.
        if (confidence !== 'inferred') found.push(`call ${callId}: leg ${legId} ended and never was`);
        continue;
      }
      if (leg.endedUs === undefined) {
        found.push(`call ${callId}: leg ${legId} has an end and lives`);
        continue;
      }
      const end = msOfUs(leg.endedUs);
      if (confidence !== 'inferred' && end !== msOf(event.metadata.occurredAt)) found.push(`call ${callId}: leg ${legId} ended at ${end}, recorded is ${msOf(event.metadata.occurredAt)}`);
      if (confidence !== 'inferred') continue;
      if (bounds === null) found.push(`call ${callId}: leg ${legId} has an inferred end without bounds`);
      else if ((end < msOf(bounds.earliest) - slackMs && !wordless(legId)) || end > msOf(bounds.latest) + slackMs) {
        found.push(`call ${callId}: leg ${legId} ended ${end - msOf(bounds.earliest)} ms after the earliest and ${msOf(bounds.latest) - end} ms before the latest time of its inferred end`);
      }
    }
  }
  return found;
};

/** A call's row in the call history, as far as it is compared. */
export interface CdrRow {
  readonly call_id: string;
  readonly direction: string;
  readonly disposition: string | null;
  readonly confidence: string;
  readonly ended_at: Date | string | null;
}

/**
 * Every call that truly was has one CDR and the other way round. Where nothing of a CDR is inferred, it says
 * answered exactly if the call was. `unnoticed` are calls that began and ended while nobody listened.
 */
export const brokenCdrs = (rows: readonly CdrRow[], truth: Truth, unnoticed: (call: TrueLeg) => boolean): string[] => {
  const cdrs = new Map(rows.map((row) => [row.call_id, row]));
  const found: string[] = [];
  for (const call of truth.calls) {
    const cdr = cdrs.get(call.channelId);
    cdrs.delete(call.channelId);
    const outcome = truth.outcomeOf(call);
    if (cdr === undefined) {
      if (!unnoticed(call)) found.push(`call ${call.channelId} (${outcome}) has no CDR`);
      continue;
    }
    if ((cdr.ended_at === null) !== (outcome === 'open')) found.push(`call ${call.channelId} is ${outcome}, its CDR ends ${String(cdr.ended_at)}`);
    const answered = call.bridges.length > 0;
    if (cdr.confidence !== 'inferred' && outcome !== 'open' && outcome !== 'lost' && outcome !== 'stranded' && (cdr.disposition === 'answered') !== answered) {
      found.push(`call ${call.channelId} was ${outcome}, its CDR says ${String(cdr.disposition)}`);
    }
  }
  // A call that was placed and reached nobody has a CDR alone.
  for (const [callId, { direction, disposition }] of cdrs) if (truth.legs.get(callId) === undefined && (direction !== 'outbound' || disposition === 'answered')) found.push(`CDR ${callId} is of a call that never was`);
  return found;
};
