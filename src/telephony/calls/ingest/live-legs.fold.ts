import type { Json, Recorded, RecordedEvent } from '../../../kernel/event.js';
import { idOf } from '../../../kernel/streams.js';
import type { LiveFold } from '../../../platform/subscriptions/live-fold.js';
import type { CallEvent, LegPassport, LegRole } from '../../contract/call-events.js';

/** A leg that is believed to live, as far as it is needed to place what the switch says about it. */
export interface LiveLeg {
  readonly legId: string;
  readonly callId: string;
  readonly tenantId: string;
  readonly nodeId: string;
  readonly personId: string;
  readonly role: LegRole;
  readonly direction: 'inbound' | 'outbound';
  readonly origin: 'trunk' | 'device';
  readonly internal: boolean;
  readonly agentId: string | null;
  readonly offerId: string | null;
  readonly createdAt: string;
  readonly answeredAt: string | null;
  readonly parked: boolean;
  /** The leg that it talks with. */
  readonly bridgedWith: string | null;
  readonly held: boolean;
  /** Recordings that run on it: path to recording id. */
  readonly recordings: Readonly<Record<string, string>>;
  /** How often it has moved from one call to another. */
  readonly moves: number;
  /** Start of its call, to tell which of two calls was first. */
  readonly callStartedAt: string;
}

/** A leg that was asked for and has not been seen yet. */
export interface ExpectedLeg {
  readonly callId: string;
  readonly tenantId: string;
  readonly nodeId: string;
  /** When it was asked for, ISO 8601 UTC. */
  readonly at: string;
}

/** With which the leg makes its next move. */
export const passportOf = (leg: LiveLeg): LegPassport => {
  const { callId: _callId, tenantId: _tenantId, callStartedAt: _callStartedAt, bridgedWith: _bridgedWith, held: _held, recordings, moves, ...passport } = leg;
  return { ...passport, ...(Object.keys(recordings).length === 0 ? {} : { recordings }), move: moves + 1 };
};

/**
 * Every live leg and the call it belongs to. The ingest notes what it is about to record, so that
 * the next fact of the same channel finds its call without waiting for the log; the log says the
 * same again and is right in the end.
 */
export class LiveLegs implements LiveFold {
  readonly name = 'live-legs';
  readonly version = 5;
  readonly eventTypes = ['CallStarted', 'OfferMade', 'LegStarted', 'LegAdopted', 'LegMoved', 'LegAnswered', 'LegParked', 'LegsBridged', 'LegsUnbridged', 'LegHeld', 'LegResumed', 'RecordingStarted', 'RecordingStopped', 'LegEnded', 'CallEnded', 'SwitchActionRequested'];
  private readonly legs = new Map<string, LiveLeg>();
  /** Legs as the log alone tells them: what was only noted may never be recorded, and must not outlive the process. */
  private readonly recorded = new Map<string, LiveLeg>();
  private readonly starts = new Map<string, { readonly at: string; readonly nodeId: string }>();
  /** Legs that were asked for, by the id that they will have. */
  private readonly expected = new Map<string, ExpectedLeg>();
  /** When the newest fact happened that a node told, by its own clock. */
  private readonly heard = new Map<string, string>();
  /** Legs that ended lately: a fact that comes after the end must not open a call of its own. */
  private readonly ended = new Set<string>();

  get(legId: string): LiveLeg | undefined {
    return this.legs.get(legId);
  }

  /** When the call started; undefined for one that is not live. */
  startOf(callId: string): string | undefined {
    return this.starts.get(callId)?.at;
  }

  hasEnded(legId: string): boolean {
    return this.ended.has(legId);
  }

  /**
   * When the newest fact happened that the node told about a leg, ISO 8601 UTC by the node's clock: until then somebody
   * listened to it. When it was recorded says nothing: that may be long after, if the event store was away.
   */
  heardFrom(nodeId: string): string | undefined {
    return this.heard.get(nodeId);
  }

  /** The call that a leg is for which was asked for and has not been seen yet. */
  expectedFor(legId: string): ExpectedLeg | undefined {
    return this.expected.get(legId);
  }

  expectedOn(nodeId: string): [legId: string, leg: ExpectedLeg][] {
    return [...this.expected].filter(([, leg]) => leg.nodeId === nodeId);
  }

  onNode(nodeId: string): LiveLeg[] {
    return [...this.legs.values()].filter((leg) => leg.nodeId === nodeId);
  }

  /** Calls that go on. */
  get calls(): number {
    return this.starts.size;
  }

  /** How many legs live on each node. */
  countByNode(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { nodeId } of this.legs.values()) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
    return counts;
  }

  get size(): number {
    return this.legs.size;
  }

  note(leg: LiveLeg): void {
    this.legs.set(leg.legId, leg);
  }

  change(legId: string, change: Partial<LiveLeg>): void {
    const leg = this.legs.get(legId);
    if (leg !== undefined) this.legs.set(legId, { ...leg, ...change });
  }

  noteEnd(legId: string): void {
    this.legs.delete(legId);
    this.ended.add(legId);
    if (this.ended.size > 50_000) {
      for (const oldest of this.ended) {
        this.ended.delete(oldest);
        break;
      }
    }
  }

  apply(recorded: RecordedEvent): void {
    const event = recorded as Recorded<CallEvent>;
    const callId = idOf(event.stream);
    const at = event.metadata.occurredAt;
    const { actor } = event.metadata;
    if (actor.kind === 'switch' && wasHeard(event)) this.heard.set(actor.id, later(this.heard.get(actor.id) ?? '', at));
    switch (event.type) {
      case 'CallStarted':
        this.starts.set(callId, { at, nodeId: event.data.nodeId });
        return;
      case 'CallEnded':
        this.starts.delete(callId);
        for (const [legId, { callId: of }] of this.expected) if (of === callId) this.expected.delete(legId);
        return;
      case 'OfferMade':
        this.expected.set(event.data.legId, { callId, tenantId: event.metadata.tenantId, nodeId: this.starts.get(callId)?.nodeId ?? '', at });
        return;
      case 'LegStarted': {
        this.expected.delete(event.data.legId);
        const { shiftId: _shiftId, number: _number, name: _name, ...leg } = event.data;
        const started = { answeredAt: null, parked: false, bridgedWith: null, held: false, recordings: {}, moves: 0, ...leg, callId, tenantId: event.metadata.tenantId, createdAt: at, callStartedAt: this.startOf(callId) ?? at };
        this.recorded.set(leg.legId, started);
        if (this.ended.has(leg.legId)) return;
        const known = this.legs.get(leg.legId);
        this.note(known === undefined ? started : { ...started, answeredAt: known.answeredAt, parked: known.parked, bridgedWith: known.bridgedWith, held: known.held, recordings: known.recordings, moves: known.moves, callId: known.callId });
        return;
      }
      case 'LegAdopted': {
        const { move, ...passport } = event.data.passport;
        const moves = move ?? (this.recorded.get(passport.legId)?.moves ?? 0) + 1;
        // The two calls of a move are recorded side by side: the halves of an earlier one may come after it.
        if (moves < (this.recorded.get(passport.legId)?.moves ?? 0)) return;
        const adopted = { bridgedWith: null, held: false, recordings: {}, ...passport, moves, callId, tenantId: event.metadata.tenantId, callStartedAt: this.startOf(callId) ?? at };
        this.recorded.set(adopted.legId, adopted);
        if (!this.ended.has(adopted.legId) && moves >= (this.legs.get(adopted.legId)?.moves ?? 0)) this.note(adopted);
        return;
      }
      case 'LegMoved': {
        const { legId, toCallId, passport } = event.data;
        const leg = this.recorded.get(legId);
        const moves = passport.move ?? (leg?.moves ?? 0) + 1;
        if (leg !== undefined && moves > leg.moves) this.recorded.set(legId, { ...leg, callId: toCallId, moves });
        if (moves > (this.legs.get(legId)?.moves ?? 0)) this.change(legId, { callId: toCallId, moves });
        return;
      }
      case 'LegAnswered':
        this.tell(event.data.legId, { answeredAt: at });
        return;
      case 'LegParked':
        this.tell(event.data.legId, { parked: true });
        return;
      case 'LegsBridged':
        this.tell(event.data.legId, { bridgedWith: event.data.otherLegId, parked: false });
        this.tell(event.data.otherLegId, { bridgedWith: event.data.legId, parked: false });
        return;
      case 'LegsUnbridged':
        this.tell(event.data.legId, { bridgedWith: null });
        this.tell(event.data.otherLegId, { bridgedWith: null });
        return;
      case 'LegHeld':
      case 'LegResumed':
        this.tell(event.data.legId, { held: event.type === 'LegHeld' });
        return;
      case 'RecordingStarted': {
        const { legId, path, recordingId } = event.data;
        this.tell(legId, { recordings: { ...this.recorded.get(legId)?.recordings, [path]: recordingId } });
        return;
      }
      case 'RecordingStopped': {
        const { [event.data.path]: _stopped, ...recordings } = this.recorded.get(event.data.legId)?.recordings ?? {};
        this.tell(event.data.legId, { recordings });
        return;
      }
      case 'SwitchActionRequested': {
        const { channelId, nodeId, deed, parameters } = event.data;
        // An agent's leg is expected from its offer on.
        if (deed === 'originate' && (parameters as { readonly whom?: string }).whom === 'customer') this.expected.set(channelId, { callId, tenantId: event.metadata.tenantId, nodeId, at });
        return;
      }
      case 'LegEnded':
        this.expected.delete(event.data.legId);
        this.recorded.delete(event.data.legId);
        this.noteEnd(event.data.legId);
        return;
      default:
    }
  }

  snapshot(): Json {
    return { legs: [...this.recorded.values()] as unknown as Json, starts: [...this.starts] as unknown as Json, expected: [...this.expected] as unknown as Json, heard: [...this.heard] };
  }

  restore(state: Json): void {
    const saved = state as unknown as { legs: LiveLeg[]; starts: [string, { at: string; nodeId: string }][]; expected: [string, ExpectedLeg][]; heard: [string, string][] };
    for (const [nodeId, at] of saved.heard) this.heard.set(nodeId, at);
    for (const leg of saved.legs) {
      this.legs.set(leg.legId, leg);
      this.recorded.set(leg.legId, leg);
    }
    for (const [legId, call] of saved.expected) this.expected.set(legId, call);
    for (const [callId, start] of saved.starts) this.starts.set(callId, start);
  }

  /** What the log says about a leg. */
  private tell(legId: string, change: Partial<LiveLeg>): void {
    this.change(legId, change);
    const leg = this.recorded.get(legId);
    if (leg !== undefined) this.recorded.set(legId, { ...leg, ...change });
  }
}

/** What was inferred, found later or told by a CDR says nothing about who listened when it happened. */
const wasHeard = ({ type, data }: Recorded<CallEvent>): boolean => type.startsWith('Leg') && !('unheard' in data) && (type !== 'LegEnded' || data.confidence === 'seen');

const later = (a: string, b: string): string => (a > b ? a : b);
