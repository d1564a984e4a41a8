import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import { mapInParallel } from '../../../kernel/parallel.js';
import type { CallIngest } from '../../calls/ingest/call-ingest.js';
import type { LiveLeg, LiveLegs } from '../../calls/ingest/live-legs.fold.js';
import type { Bounds, Unheard } from '../../contract/call-events.js';
import type { NodeSnapshot } from '../../ports/node-listener.port.js';
import type { ChannelFact } from '../../ports/switch-facts.js';
import type { ChannelDetail, LiveChannel } from '../../ports/telephony-gateway.port.js';

export interface FoundOnNodeParts {
  readonly legs: LiveLegs;
  readonly ingest: Pick<CallIngest, 'ingest'>;
}

export interface Found {
  readonly legsConfirmed: number;
  /** Callers who came while nobody listened and wait. */
  readonly callersAdmitted: number;
}

/** Questions to the switch that are under way at a time: one after the other, hundreds of channels would take seconds. */
export const QUESTIONS_AT_ONCE = 32;

/** When a list was taken, and since when nobody had listened: by the switch's clock, as all times of its calls are. */
export interface Looked {
  readonly at: string;
  readonly unheard: Bounds;
}

type Told = ChannelFact extends infer Fact ? (Fact extends ChannelFact ? Omit<Fact, 'factId' | 'channelId'> : never) : never;

/**
 * Tells the log what a list of a node's channels shows and nobody heard: callers who came meanwhile,
 * with their true age, and what became of the legs that are known. Exact times come from the channel
 * itself; where it does not tell, a change is dated when it was found, and lies in the time that was not heard.
 */
export class FoundOnNode {
  constructor(
    private readonly nodeId: string,
    private readonly parts: FoundOnNodeParts,
  ) {}

  async tell(snapshot: NodeSnapshot, looked: Looked): Promise<Found> {
    const { legs } = this.parts;
    let [legsConfirmed, callersAdmitted] = [0, 0];
    const bridged: (() => void)[] = [];
    const living = snapshot.channels.filter(({ state }) => state !== 'hangup' && state !== 'down');
    const details = await mapInParallel(living, QUESTIONS_AT_ONCE, (channel) => {
      const leg = legs.get(channel.channelId);
      return leg === undefined || differs(channel, leg) ? snapshot.describe(channel.channelId) : Promise.resolve(undefined);
    });
    for (const [index, channel] of living.entries()) {
      const [leg, detail] = [legs.get(channel.channelId), details[index]];
      if (leg !== undefined) legsConfirmed += 1;
      else if (channel.direction === 'inbound' && channel.parked) callersAdmitted += 1;
      if (leg === undefined) this.appeared(channel, detail, snapshot.switchSessionId);
      this.changed(channel, leg, detail, looked);
      // Both legs of a bridge must be known before it is told.
      bridged.push(() => this.bridged(channel, legs.get(channel.channelId) ?? leg, detail, looked));
    }
    for (const tellBridge of bridged) tellBridge();
    return { legsConfirmed, callersAdmitted };
  }

  private appeared(channel: LiveChannel, detail: ChannelDetail | undefined, switchSessionId: string): void {
    const { deviceUser, callId, tenantId } = detail ?? {};
    this.say(channel, 'found', {
      kind: 'channel-appeared',
      at: detail?.createdAt ?? channel.createdAt,
      direction: channel.direction,
      origin: deviceUser === undefined ? 'trunk' : 'device',
      ...(deviceUser === undefined ? {} : { deviceUser }),
      ...(callId === undefined ? {} : { callId }),
      ...(tenantId === undefined ? {} : { tenantId }),
      callerNumber: channel.callerNumber,
      callerName: channel.callerName,
      dialedNumber: channel.dialedNumber,
      callChannelId: channel.callChannelId,
      internal: detail?.internal ?? false,
      switchSessionId,
    });
  }

  private changed(channel: LiveChannel, leg: LiveLeg | undefined, detail: ChannelDetail | undefined, looked: Looked): void {
    const takenAt = looked.at;
    if (detail?.ringingAt !== undefined) this.say(channel, 'found-ringing', { kind: 'channel-ringing', at: detail.ringingAt });
    if (isAnswered(channel) && leg?.answeredAt == null) this.say(channel, 'found-answered', { kind: 'channel-answered', at: detail?.answeredAt ?? takenAt });
    // A caller waits since the channel was made, not since we noticed.
    if (channel.parked && leg?.parked !== true) this.say(channel, 'found-parked', { kind: 'channel-parked', at: channel.direction === 'inbound' ? (detail?.createdAt ?? channel.createdAt) : takenAt });
    const hold = detail?.hold;
    if (channel.state === 'held' && leg?.held !== true) this.say(channel, `found-held/${takenAt}`, { kind: 'channel-held', at: hold?.since ?? takenAt, by: hold?.by ?? 'far-end', unheard: hold === undefined ? guessed(leg, looked) : TOLD });
    if (channel.state === 'active' && leg?.held === true) this.say(channel, `found-resumed/${takenAt}`, { kind: 'channel-resumed', at: takenAt, unheard: guessed(leg, looked) });
  }

  private bridged(channel: LiveChannel, leg: LiveLeg | undefined, detail: ChannelDetail | undefined, looked: Looked): void {
    const takenAt = looked.at;
    const { bridgedWith } = channel;
    const before = leg?.bridgedWith ?? null;
    // A channel in a bridge of the dialplan does not tell its partner; a parked one surely has none.
    if (before !== null && before !== bridgedWith && (bridgedWith !== undefined || channel.parked)) {
      // Whoever talks with somebody else had left by when that began.
      const at = (bridgedWith === undefined ? undefined : detail?.bridgedAt) ?? takenAt;
      this.say(channel, `found-unbridged/${takenAt}`, { kind: 'channels-unbridged', at, otherChannelId: before, unheard: guessed(leg, { ...looked, unheard: { ...looked.unheard, latest: at === takenAt ? looked.unheard.latest : at } }) });
    }
    if (bridgedWith !== undefined && bridgedWith !== before && this.parts.legs.get(bridgedWith) !== undefined) {
      this.say(channel, `found-bridged/${takenAt}`, { kind: 'channels-bridged', at: detail?.bridgedAt ?? takenAt, otherChannelId: bridgedWith, unheard: detail?.bridgedAt === undefined ? guessed(leg, looked) : TOLD });
    }
  }

  private say({ channelId }: LiveChannel, what: string, fact: Told): void {
    this.parts.ingest.ingest(this.nodeId, { ...fact, channelId, factId: deterministicId(what, channelId) } as ChannelFact);
  }
}

/** The channel itself told when. */
const TOLD: Unheard = { confidence: 'witnessed', evidence: 'channel', bounds: null };

/** Some time while nobody listened, and while the leg was there. */
const guessed = (leg: LiveLeg | undefined, { unheard: { earliest, latest } }: Looked): Unheard => ({
  confidence: 'inferred',
  evidence: 'channel-list',
  bounds: { earliest: leg !== undefined && leg.createdAt > earliest ? leg.createdAt : earliest, latest },
});

const isAnswered = ({ state }: LiveChannel): boolean => state === 'active' || state === 'held';

/** Whether something about the leg has changed of which the channel itself knows the time. */
const differs = (channel: LiveChannel, leg: LiveLeg): boolean =>
  (isAnswered(channel) && leg.answeredAt === null) ||
  (channel.state === 'held' && !leg.held) || (channel.bridgedWith !== undefined && channel.bridgedWith !== leg.bridgedWith) || (channel.parked && !leg.parked);
