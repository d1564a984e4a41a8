import type { Recorded } from '../../../kernel/event.js';
import type { CallEvent } from '../../../telephony/contract/call-events.js';
import { type Histories, Pairs } from './histories.js';

/** What may still be recorded once a call is over: results of deeds, corrections, and the end of a leg that came too late. */
const AFTER_THE_END: ReadonlySet<CallEvent['type']> = new Set([
  'SwitchActionStarted', 'SwitchActionSucceeded', 'SwitchActionFailed', 'SwitchActionOutcomeUnknown', 'LegEndCorrected', 'SegmentEndCorrected', 'LegsBridged', 'LegsUnbridged', 'AgentContactWitnessed', 'CdrDiffered',
]);


/** What is wrong with the events of calls. `isLive` says which legs the switch has now: their calls go on. */
export const brokenCalls = ({ calls }: Histories, isLive: (channelId: string) => boolean): string[] =>
  [...calls].flatMap(([callId, events]) => brokenCall(events, isLive).map((what) => `call ${callId}: ${what}`));

const brokenCall = (events: readonly Recorded<CallEvent>[], isLive: (channelId: string) => boolean): string[] => {
  const found: string[] = [];
  const [legs, offers, entries, contacts, actions] = ['leg', 'offer', 'stay in the queue', 'contact', 'deed'].map((what) => new Pairs(what)) as [Pairs, Pairs, Pairs, Pairs, Pairs];
  const lateLegs = new Set<string>();
  /** A phone that was asked for before the end may still appear: it is told to hang up, and what becomes of it is recorded. */
  const ofLateLegs = new Set<string>();
  const hungUp = new Set<string>();
  const times = new Map<string, number>();
  const live = new Set<string>();
  let starts = 0;
  let ends = 0;
  for (const event of events) {
    const late = ends > 0;
    switch (event.type) {
      case 'CallStarted':
        starts += 1;
        break;
      case 'CallEnded':
        ends += 1;
        continue;
      case 'LegStarted':
      case 'LegAdopted':
        // A leg that moved away may come back.
        times.set(event.data.legId, (times.get(event.data.legId) ?? 0) + (live.has(event.data.legId) ? 0 : 1));
        legs.open(`${event.data.legId}, for time ${times.get(event.data.legId)},`);
        live.add(event.data.legId);
        if (late && event.type === 'LegStarted') lateLegs.add(event.data.legId);
        if (late) ofLateLegs.add(event.data.legId);
        break;
      case 'LegEnded':
        // A leg that nobody saw has an end alone.
        if (live.has(event.data.legId)) legs.close(`${event.data.legId}, for time ${times.get(event.data.legId)},`);
        live.delete(event.data.legId);
        break;
      case 'LegMoved':
        // One that came and went before anybody told that it came.
        if (live.has(event.data.legId)) legs.close(`${event.data.legId}, for time ${times.get(event.data.legId)},`);
        live.delete(event.data.legId);
        break;
      case 'OfferMade':
        offers.open(event.data.offerId);
        break;
      case 'OfferDeclined':
      case 'OfferFailed':
        offers.close(event.data.offerId);
        break;
      case 'AgentContactStarted':
        contacts.open(event.data.segmentId);
        if (event.data.offerId !== null) offers.close(event.data.offerId);
        break;
      case 'AgentContactEnded':
        contacts.close(event.data.segmentId);
        break;
      case 'CallEnqueued':
        entries.open(event.data.segmentId);
        break;
      case 'CallDequeued':
        entries.close(event.data.segmentId);
        break;
      case 'SwitchActionRequested':
        actions.open(event.data.actionId);
        if (event.data.deed === 'hang-up') hungUp.add(event.data.channelId);
        break;
      case 'SwitchActionSucceeded':
      case 'SwitchActionFailed':
      case 'SwitchActionOutcomeUnknown':
        actions.close(event.data.actionId);
        break;
      default:
    }
    if (late && !AFTER_THE_END.has(event.type) && !isAbout(event, ofLateLegs)) found.push(`${event.type} after the end`);
  }
  for (const legId of lateLegs) if (!hungUp.has(legId)) found.push(`leg ${legId} came after the end and is not told to hang up`);
  const goesOn = [...live].some(isLive);
  if (starts !== 1) found.push(`starts ${starts} times`);
  if (ends !== 1 && !(ends === 0 && goesOn)) found.push(`ends ${ends} times`);
  return [...found, ...legs.broken(goesOn), ...offers.broken(goesOn), ...entries.broken(goesOn), ...contacts.broken(goesOn), ...actions.broken()];
};

const isAbout = (event: Recorded<CallEvent>, legs: ReadonlySet<string>): boolean => {
  const { legId, channelId } = event.data as { readonly legId?: string; readonly channelId?: string };
  return legs.has(legId ?? channelId ?? '');
};
