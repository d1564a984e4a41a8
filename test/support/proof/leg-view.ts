import type { ChannelTimes, HungUpBy, SwitchFact } from '../../../src/telephony/ports/switch-facts.js';

/** What became known of one leg, whether folded from facts or from recorded events. */
export interface LegView {
  readonly legId: string;
  /** The call (or, among facts, the group of bridged channels) that the leg was last part of. */
  callId: string;
  direction?: string;
  callerNumber?: string;
  dialedNumber?: string;
  internal?: boolean;
  /** Times as each was told by itself. */
  createdAt?: string;
  ringingAt?: string;
  earlyMediaAt?: string;
  answeredAt?: string;
  endedAt?: string;
  /** Times as they were told together, at the end. */
  timesAtEnd?: Partial<ChannelTimes>;
  ends: number;
  cause?: string;
  q850?: number | null;
  sipStatus?: number | null;
  hungUpBy?: HungUpBy;
  parks: number;
  readonly bridges: { readonly otherId: string; readonly at: string; endedAt?: string }[];
  readonly holds: { readonly by: string; readonly from: string; ms?: number }[];
  readonly transfers: { readonly how: string; readonly destination: string | undefined }[];
  readonly recordings: { readonly path: string; stopped: boolean; ms?: number | null }[];
  digits: string;
  readonly collected: { readonly digits: string; readonly result: string }[];
  readonly playbacks: { readonly media: string; stopped: boolean }[];
}

/** Everything that became known from one connection. */
export interface CaptureView {
  readonly legs: ReadonlyMap<string, LegView>;
  /** Results of background jobs, by id. */
  readonly jobs: ReadonlyMap<string, { readonly ok: boolean; readonly result: string }>;
  readonly notes: readonly string[];
  readonly shutdowns: number;
  readonly heartbeats: number;
}

export const newLegView = (legId: string, callId = legId): LegView => ({
  legId,
  callId,
  ends: 0,
  parks: 0,
  bridges: [],
  holds: [],
  transfers: [],
  recordings: [],
  digits: '',
  collected: [],
  playbacks: [],
});

export const endBridge = (view: LegView | undefined, otherId: string, at: string): void => {
  const open = view?.bridges.findLast((bridge) => bridge.otherId === otherId && bridge.endedAt === undefined);
  if (open !== undefined) open.endedAt = at;
};

/** Puts two groups of legs together under the id of the first. */
export const joinGroups = (legs: ReadonlyMap<string, LegView>, first: string, second: string): void => {
  const [kept, gone] = [legs.get(first)?.callId, legs.get(second)?.callId];
  if (kept === undefined || gone === undefined || kept === gone) return;
  for (const leg of legs.values()) if (leg.callId === gone) leg.callId = kept;
};

/** Folds facts per channel, with no call logic: what the switch told and nothing else. */
export const viewOfFacts = (facts: readonly SwitchFact[]): CaptureView => {
  const legs = new Map<string, LegView>();
  const jobs = new Map<string, { ok: boolean; result: string }>();
  const notes: string[] = [];
  let shutdowns = 0;
  let heartbeats = 0;
  const leg = (id: string): LegView => {
    const known = legs.get(id) ?? newLegView(id);
    legs.set(id, known);
    return known;
  };
  for (const fact of facts) {
    if (fact.kind === 'job-completed') jobs.set(fact.jobId, { ok: fact.ok, result: fact.result });
    else if (fact.kind === 'shutting-down') shutdowns += 1;
    else if (fact.kind === 'heartbeat') heartbeats += 1;
    else if (fact.kind === 'channel-noted') notes.push(fact.what);
    else foldChannel(fact, leg, legs);
  }
  return { legs, jobs, notes, shutdowns, heartbeats };
};

type ChannelFact = Extract<SwitchFact, { channelId: string }>;

const foldChannel = (fact: ChannelFact, leg: (id: string) => LegView, legs: ReadonlyMap<string, LegView>): void => {
  const view = leg(fact.channelId);
  switch (fact.kind) {
    case 'channel-appeared':
      Object.assign(view, { direction: fact.direction, callerNumber: fact.callerNumber, dialedNumber: fact.dialedNumber, internal: fact.internal, createdAt: fact.at });
      if (fact.callChannelId !== fact.channelId) joinGroups(legs, fact.callChannelId, fact.channelId);
      return;
    case 'channel-ringing':
      view.ringingAt = fact.at;
      return;
    case 'channel-early-media':
      view.earlyMediaAt = fact.at;
      return;
    case 'channel-answered':
      view.answeredAt = fact.at;
      return;
    case 'channel-parked':
      view.parks += 1;
      return;
    case 'channels-bridged':
      view.bridges.push({ otherId: fact.otherChannelId, at: fact.at });
      leg(fact.otherChannelId).bridges.push({ otherId: fact.channelId, at: fact.at });
      joinGroups(legs, fact.channelId, fact.otherChannelId);
      return;
    case 'channels-unbridged':
      endBridge(view, fact.otherChannelId, fact.at);
      endBridge(legs.get(fact.otherChannelId), fact.channelId, fact.at);
      return;
    case 'channel-held':
      view.holds.push({ by: fact.by, from: fact.at });
      return;
    case 'channel-resumed': {
      const hold = view.holds.at(-1);
      if (hold !== undefined) hold.ms = Date.parse(fact.at) - Date.parse(hold.from);
      return;
    }
    case 'channel-transferred':
      view.transfers.push({ how: fact.how, destination: fact.destination });
      return;
    case 'digit-received':
      view.digits += fact.digit;
      return;
    case 'digits-collected':
      view.collected.push({ digits: fact.digits, result: fact.result });
      return;
    case 'playback-started':
      view.playbacks.push({ media: fact.media, stopped: false });
      return;
    case 'playback-stopped': {
      const playing = view.playbacks.findLast((playback) => playback.media === fact.media && !playback.stopped);
      if (playing !== undefined) playing.stopped = true;
      return;
    }
    case 'recording-started':
      view.recordings.push({ path: fact.path, stopped: false });
      return;
    case 'recording-stopped': {
      const running = view.recordings.find((recording) => recording.path === fact.path && !recording.stopped);
      if (running !== undefined) Object.assign(running, { stopped: true, ms: fact.durationMs });
      return;
    }
    case 'channel-ended':
      view.ends += 1;
      Object.assign(view, { endedAt: fact.at, timesAtEnd: fact.times, cause: fact.cause, q850: fact.q850, sipStatus: fact.sipStatus, hungUpBy: fact.hungUpBy });
      return;
    default:
  }
};
