import type { SwitchTruth } from './switch/observer.js';

export type CallOutcome = 'answered' | 'abandoned' | 'stranded' | 'emergency' | 'ended-by-switch' | 'lost' | 'open';
export type OfferOutcome = 'answered' | 'busy' | 'no-answer' | 'refused' | 'unreachable' | 'cancelled' | 'lost' | 'open';

/** A stretch of time, microseconds of the switch's clock; `toUs` is absent while it lasts. */
export interface Stretch {
  readonly fromUs: number;
  toUs?: number;
}

/** One leg as it truly was. */
export interface TrueLeg {
  readonly channelId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly from: string;
  readonly to: string;
  /** The call that an outbound leg was made for: trunkline_call_id, or the channel that dialled it. */
  readonly madeFor: string | undefined;
  readonly createdUs: number;
  ringingUs?: number;
  earlyMediaUs?: number;
  answeredUs?: number;
  endedUs?: number;
  cause?: string;
  q850?: number;
  sipStatus?: number;
  endedBy?: 'far-end' | 'switch' | 'vanished';
  parkedTimes: number;
  readonly bridges: (Stretch & { readonly otherChannelId: string })[];
  readonly holds: (Stretch & { readonly by: 'far-end' | 'switch' })[];
  readonly transfers: { readonly atUs: number; readonly destination: string; readonly by: 'far-end' | 'switch' | 'task' }[];
  readonly extensions: string[];
  readonly recordings: (Stretch & { readonly path: string })[];
  digits: string;
}

/** What is compared with the engine's own records. Durations in whole milliseconds. */
export interface TrueTotals {
  readonly calls: number;
  readonly outcomes: Readonly<Record<CallOutcome, number>>;
  readonly offers: Readonly<Record<OfferOutcome, number>>;
  readonly transferredCalls: number;
  readonly heldCalls: number;
  readonly callerHangups: number;
  /** Sum of the callers' time in a bridge. */
  readonly bridgedMs: number;
  /** Sum of the holds of all legs of calls. */
  readonly holdMs: number;
}

/** The simulator's own record of all that happened, kept apart from any event. */
export class Truth {
  readonly legs = new Map<string, TrueLeg>();
  readonly #fallback: string;

  constructor(options: { readonly fallbackExtension: string }) {
    this.#fallback = options.fallbackExtension;
  }

  /** To be given to SimulatedSwitch.observe. */
  readonly observe = (truth: SwitchTruth): void => {
    if (truth.what === 'created') {
      this.legs.set(truth.channelId, newLeg(truth));
      return;
    }
    const leg = this.legs.get(truth.channelId);
    if (leg) note(leg, truth, (id) => this.legs.get(id));
  };

  /** The legs with which calls began, in their order. */
  get calls(): TrueLeg[] {
    return [...this.legs.values()].filter((leg) => leg.direction === 'inbound');
  }

  /** Legs that were dialled for a call, or joined with its caller. */
  legsOf(call: TrueLeg): TrueLeg[] {
    const joined = new Set(call.bridges.map((bridge) => bridge.otherChannelId));
    return [...this.legs.values()].filter((leg) => leg !== call && (leg.madeFor === call.channelId || joined.has(leg.channelId)));
  }

  outcomeOf(call: TrueLeg): CallOutcome {
    if (call.transfers.some((transfer) => transfer.by === 'switch' && transfer.destination === this.#fallback) || call.extensions.includes(this.#fallback)) return 'stranded';
    if (call.endedUs === undefined) return 'open';
    if (call.endedBy === 'vanished') return 'lost';
    if (call.bridges.length > 0) return this.#isEmergency(call) ? 'emergency' : 'answered';
    return call.endedBy === 'far-end' ? 'abandoned' : 'ended-by-switch';
  }

  offerOutcomeOf(leg: TrueLeg): OfferOutcome {
    if (leg.answeredUs !== undefined) return 'answered';
    if (leg.endedUs === undefined) return 'open';
    if (leg.endedBy === 'vanished') return 'lost';
    const byCause: Readonly<Record<string, OfferOutcome>> = { USER_BUSY: 'busy', NO_ANSWER: 'no-answer', CALL_REJECTED: 'refused', NORMAL_TEMPORARY_FAILURE: 'unreachable' };
    return byCause[leg.cause ?? ''] ?? 'cancelled';
  }

  totals(): TrueTotals {
    const outcomes: Record<CallOutcome, number> = { answered: 0, abandoned: 0, stranded: 0, emergency: 0, 'ended-by-switch': 0, lost: 0, open: 0 };
    const offers: Record<OfferOutcome, number> = { answered: 0, busy: 0, 'no-answer': 0, refused: 0, unreachable: 0, cancelled: 0, lost: 0, open: 0 };
    const held = new Set<string>();
    let [transferredCalls, callerHangups, bridgedUs, holdUs] = [0, 0, 0, 0];
    const callOf = new Map<string, string>();
    for (const leg of this.legs.values()) for (const bridge of leg.bridges) if (leg.direction === 'inbound') callOf.set(bridge.otherChannelId, leg.channelId);
    for (const leg of this.legs.values()) {
      const call = leg.direction === 'inbound' ? leg.channelId : (callOf.get(leg.channelId) ?? leg.madeFor);
      if (leg.holds.length > 0 && call !== undefined) held.add(call);
      for (const hold of leg.holds) holdUs += lengthOf(hold);
      if (leg.direction === 'outbound') {
        if (leg.madeFor !== undefined) offers[this.offerOutcomeOf(leg)]++;
        continue;
      }
      outcomes[this.outcomeOf(leg)]++;
      if (leg.transfers.some((transfer) => transfer.destination !== this.#fallback)) transferredCalls++;
      if (leg.endedBy === 'far-end') callerHangups++;
      for (const bridge of leg.bridges) bridgedUs += lengthOf(bridge);
    }
    const ms = (us: number): number => Math.round(us / 1000);
    return { calls: this.calls.length, outcomes, offers, transferredCalls, heldCalls: held.size, callerHangups, bridgedMs: ms(bridgedUs), holdMs: ms(holdUs) };
  }

  #isEmergency(call: TrueLeg): boolean {
    return this.legsOf(call).some((leg) => leg.madeFor === call.channelId && leg.to === call.to);
  }
}

const lengthOf = (stretch: Stretch): number => (stretch.toUs === undefined ? 0 : stretch.toUs - stretch.fromUs);

const newLeg = (truth: Extract<SwitchTruth, { what: 'created' }>): TrueLeg => ({
  channelId: truth.channelId,
  direction: truth.direction,
  from: truth.from,
  to: truth.to,
  madeFor: truth.direction === 'inbound' ? undefined : (truth.variables.get('trunkline_call_id') ?? truth.forChannelId),
  createdUs: truth.atUs,
  parkedTimes: 0,
  bridges: [],
  holds: [],
  transfers: [],
  extensions: [],
  recordings: [],
  digits: '',
});

const note = (leg: TrueLeg, truth: Exclude<SwitchTruth, { what: 'created' }>, find: (channelId: string) => TrueLeg | undefined): void => {
  const { atUs } = truth;
  switch (truth.what) {
    case 'ringing':
      leg.ringingUs ??= atUs;
      return;
    case 'early-media':
      leg.earlyMediaUs ??= atUs;
      return;
    case 'answered':
      leg.answeredUs ??= atUs;
      return;
    case 'parked':
      leg.parkedTimes++;
      return;
    case 'unparked':
      return;
    case 'bridged':
      leg.bridges.push({ otherChannelId: truth.otherChannelId, fromUs: atUs });
      find(truth.otherChannelId)?.bridges.push({ otherChannelId: truth.channelId, fromUs: atUs });
      return;
    case 'unbridged':
      for (const each of [leg, find(truth.otherChannelId)]) close(each?.bridges, atUs);
      return;
    case 'held':
      // Who is held already is not held twice.
      if (leg.holds.length === 0 || leg.holds.at(-1)?.toUs !== undefined) leg.holds.push({ fromUs: atUs, by: truth.by });
      return;
    case 'resumed':
      close(leg.holds, atUs);
      return;
    case 'transferred':
      leg.transfers.push({ atUs, destination: truth.destination, by: truth.by });
      return;
    case 'extension':
      leg.extensions.push(truth.extension);
      return;
    case 'digit':
      leg.digits += truth.digit;
      return;
    case 'recording-started':
      leg.recordings.push({ path: truth.path, fromUs: atUs });
      return;
    case 'recording-stopped':
      close(leg.recordings.filter((recording) => recording.path === truth.path), atUs);
      return;
    case 'ended':
      end(leg, truth.times.hangup, truth.byFarEnd ? 'far-end' : 'switch');
      leg.cause = truth.cause;
      leg.q850 = truth.q850;
      if (truth.sipStatus !== undefined) leg.sipStatus = truth.sipStatus;
      return;
    case 'vanished':
      end(leg, atUs, 'vanished');
  }
};

const close = (stretches: Stretch[] | undefined, atUs: number): void => {
  const last = stretches?.at(-1);
  if (last && last.toUs === undefined) last.toUs = atUs;
};

const end = (leg: TrueLeg, atUs: number, by: 'far-end' | 'switch' | 'vanished'): void => {
  leg.endedUs = atUs;
  leg.endedBy = by;
  for (const stretches of [leg.bridges, leg.holds, leg.recordings]) close(stretches, atUs);
};
