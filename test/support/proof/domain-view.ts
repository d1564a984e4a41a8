import type { Recorded } from '../../../src/kernel/event.js';
import { idOf } from '../../../src/kernel/streams.js';
import { CommandDispatcher } from '../../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import { EventCatalog } from '../../../src/platform/event-store/event-catalog.js';
import { EventLog } from '../../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { systemClock } from '../../../src/platform/time/system-clock.js';
import { callDecider } from '../../../src/telephony/calls/domain/call.decider.js';
import { CallIngest } from '../../../src/telephony/calls/ingest/call-ingest.js';
import { FactLanes } from '../../../src/telephony/calls/ingest/fact-lanes.js';
import { LiveLegs } from '../../../src/telephony/calls/ingest/live-legs.fold.js';
import { type CallEvent, callEventSpecs } from '../../../src/telephony/contract/call-events.js';
import type { SwitchFact } from '../../../src/telephony/ports/switch-facts.js';
import { type CaptureView, endBridge, type LegView, newLegView } from './leg-view.js';

export interface DomainView extends CaptureView {
  /** Calls with how they ended; null where they did not. */
  readonly calls: ReadonlyMap<string, { readonly ends: number; readonly endedBy: string | null }>;
  readonly events: number;
  /** Commands that the calls refused, with the reason. */
  readonly refused: readonly string[];
}

/** Facts through the real ingest, the real call decider and an event log in memory, and back from the events. */
export const viewOfDomain = async (facts: readonly SwitchFact[]): Promise<DomainView> => {
  const keys = new InMemorySubjectKeys();
  const log = new EventLog(new InMemoryEventStore({ clock: systemClock }), new EventCatalog(callEventSpecs), keys);
  const dispatcher = new CommandDispatcher(new CommandExecutor(log), [callDecider]);
  const refused: string[] = [];
  const lanes = new FactLanes(
    (stream, command) => dispatcher.dispatch(stream, command),
    systemClock,
    { maxBytes: 1024 * 1024 * 1024, retryMs: 10 },
    () => refused.push('overflow'),
    (_callId, command, error) => refused.push(`${command.type}: ${String(error)}`),
  );
  const ingest = new CallIngest({
    legs: new LiveLegs(),
    lanes,
    numbers: { resolve: () => undefined, byId: () => undefined },
    devices: { agentOf: () => undefined },
    keys,
    rejectUnknownNumbers: false,
  });
  for (const fact of facts) if ('channelId' in fact) ingest.ingest('fs1', fact);
  await lanes.drained();
  return foldEvents(await allEvents(log), refused);
};

const allEvents = async (log: EventLog): Promise<Recorded<CallEvent>[]> => {
  const events: Recorded<CallEvent>[] = [];
  for (let after = 0n; ; ) {
    const page = await log.store.readAll({ after, maxCount: 1_000 });
    if (page.length === 0) break;
    after = page.at(-1)?.position ?? after;
    events.push(...((await log.decode(page)) as Recorded<CallEvent>[]));
  }
  return events;
};

const foldEvents = (events: readonly Recorded<CallEvent>[], refused: readonly string[]): DomainView => {
  const legs = new Map<string, LegView>();
  const calls = new Map<string, { ends: number; endedBy: string | null }>();
  const numbers = new Map<string, { from: string; to: string }>();
  const leg = (id: string, callId: string): LegView => {
    const known = legs.get(id) ?? newLegView(id, callId);
    legs.set(id, known);
    return known;
  };
  for (const event of events) {
    const callId = idOf(event.stream);
    const at = event.metadata.occurredAt;
    switch (event.type) {
      case 'CallStarted':
        calls.set(callId, { ends: 0, endedBy: null });
        numbers.set(callId, { from: event.data.from, to: event.data.to });
        break;
      case 'CallEnded': {
        const call = calls.get(callId);
        if (call !== undefined) Object.assign(call, { ends: call.ends + 1, endedBy: event.data.endedBy });
        break;
      }
      case 'LegStarted': {
        const { direction, number, internal, legId } = event.data;
        const first = legId === callId ? numbers.get(callId) : undefined;
        const inbound = direction === 'inbound';
        const view = leg(legId, callId);
        Object.assign(view, { direction, internal, createdAt: at });
        const callerNumber = first?.from ?? (inbound ? number : undefined);
        const dialedNumber = first?.to ?? (inbound ? undefined : number);
        if (callerNumber !== undefined) view.callerNumber = callerNumber;
        if (dialedNumber !== undefined) view.dialedNumber = dialedNumber;
        break;
      }
      case 'LegMoved':
        leg(event.data.legId, callId).callId = event.data.toCallId;
        break;
      case 'LegRinging':
        leg(event.data.legId, callId).ringingAt = at;
        break;
      case 'LegEarlyMedia':
        leg(event.data.legId, callId).earlyMediaAt = at;
        break;
      case 'LegAnswered':
        leg(event.data.legId, callId).answeredAt = at;
        break;
      case 'LegParked':
        leg(event.data.legId, callId).parks += 1;
        break;
      case 'LegsBridged':
        leg(event.data.legId, callId).bridges.push({ otherId: event.data.otherLegId, at });
        leg(event.data.otherLegId, callId).bridges.push({ otherId: event.data.legId, at });
        break;
      case 'LegsUnbridged':
        endBridge(legs.get(event.data.legId), event.data.otherLegId, at);
        endBridge(legs.get(event.data.otherLegId), event.data.legId, at);
        break;
      case 'LegHeld':
        leg(event.data.legId, callId).holds.push({ by: event.data.by, from: at });
        break;
      case 'LegResumed': {
        const hold = leg(event.data.legId, callId).holds.at(-1);
        if (hold !== undefined) hold.ms = Date.parse(at) - Date.parse(event.data.heldSince);
        break;
      }
      case 'LegTransferred':
        leg(event.data.legId, callId).transfers.push({ how: event.data.how, destination: event.data.destination ?? undefined });
        break;
      case 'DigitsCollected':
        leg(event.data.legId, callId).collected.push({ digits: event.data.digits, result: event.data.result });
        break;
      case 'PlaybackStarted':
        leg(event.data.legId, callId).playbacks.push({ media: event.data.media, stopped: false });
        break;
      case 'PlaybackStopped': {
        const playing = leg(event.data.legId, callId).playbacks.findLast((playback) => playback.media === event.data.media && !playback.stopped);
        if (playing !== undefined) playing.stopped = true;
        break;
      }
      case 'RecordingStarted':
        leg(event.data.legId, callId).recordings.push({ path: event.data.path, stopped: false });
        break;
      case 'RecordingStopped': {
        const running = leg(event.data.legId, callId).recordings.find((recording) => recording.path === event.data.path && !recording.stopped);
        if (running !== undefined) Object.assign(running, { stopped: true, ms: event.data.durationMs });
        break;
      }
      case 'LegEnded': {
        const view = leg(event.data.legId, callId);
        const { cause, q850, sipStatus, hungUpBy, times } = event.data;
        Object.assign(view, { endedAt: at, timesAtEnd: times, cause, q850, sipStatus, hungUpBy, ends: view.ends + 1 });
        // The end of a leg ends its bridge: there is no event of its own for that.
        for (const { otherId } of [...view.bridges]) {
          endBridge(view, otherId, at);
          endBridge(legs.get(otherId), view.legId, at);
        }
        break;
      }
      default:
    }
  }
  return { legs, calls, jobs: new Map(), notes: [], shutdowns: 0, heartbeats: 0, events: events.length, refused };
};
