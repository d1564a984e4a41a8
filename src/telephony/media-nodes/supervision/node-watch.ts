import { type Clock, isoTime, msOf } from '../../../kernel/clock.js';
import { streamOf } from '../../../kernel/streams.js';
import { mapInParallel } from '../../../kernel/parallel.js';
import type { CommandDispatcher } from '../../../platform/event-store/command-dispatcher.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import type { Alarms } from '../../../platform/observability/alarms.port.js';
import { isPassing } from '../../../platform/subscriptions/process-commands.js';
import { retryForEver } from '../../../platform/subscriptions/retry.js';
import type { GapFindings, MediaNodeCommand } from '../domain/media-node.decider.js';
import type { CallIngest } from '../../calls/ingest/call-ingest.js';
import type { FactLanes } from '../../calls/ingest/fact-lanes.js';
import type { LiveLegs } from '../../calls/ingest/live-legs.fold.js';
import type { NodeGap, NodeListener, NodeSnapshot } from '../../ports/node-listener.port.js';
import type { SwitchFact } from '../../ports/switch-facts.js';
import { FoundOnNode, type Looked, QUESTIONS_AT_ONCE } from './found-on-node.js';
import { type Absent, MissingLegs } from './missing-legs.js';

export interface NodeWatchParts {
  readonly dispatcher: CommandDispatcher;
  readonly clock: Clock;
  readonly legs: LiveLegs;
  readonly ingest: CallIngest;
  readonly lanes: FactLanes;
  readonly alarms: Alarms;
}

/** What the log says of a node when it is taken over. */
export interface KnownNode {
  /** A gap that is open, and goes on until the first comparison. */
  readonly gap: { readonly gapId: string; readonly from: string } | null;
  /** When it was compared last, ISO 8601 UTC; null: never. */
  readonly comparedAt: string | null;
  /** The node's clock minus ours, ms; null: never measured. */
  readonly offsetMs: number | null;
}

export interface WatchFigures {
  /** Since when events may have been missed, ISO 8601 UTC; undefined where no gap is open. */
  readonly gapFrom: string | undefined;
  readonly gaps: number;
  /** Legs that ended without anybody hearing it. */
  readonly endsInferred: number;
  /** Callers who had come while nobody listened. */
  readonly callersAdmitted: number;
}

/** Above this the clocks of node and engine are not disciplined, ms. */
const CLOCK_ALARM_MS = 100;

/** Heartbeats in a row that must say so: a single one may have been read late. */
const CLOCK_ALARM_BEATS = 3;

/** Facts of different calls are recorded side by side: one that was on its way when the process ended may be that much older than the last that was recorded, ms. */
const ON_THEIR_WAY_MS = 5_000;

/**
 * A fact that was lost may have left the switch that much before the last one that came, ms: events take
 * 10 ms on their way (median), the switch's clock moves in steps of 20, and what we know of its distance
 * from ours comes from heartbeats that were read late when the machine was busy.
 */
const UNCERTAIN_MS = 600;

/** A leg's end is reported when the switch has done with the leg, its CDR being written and posted before: an end may be that much older than what else was heard, ms. */
const REPORTED_AFTER_MS = 1_000;

/**
 * What one media node tells, on its way into the log: facts as they come, gaps as they open, and on
 * every connection the comparison of what the switch has with what we believe.
 */
export class NodeWatch implements NodeListener {
  private readonly stopping = new AbortController();
  private readonly found: FoundOnNode;
  private readonly missing: MissingLegs;
  private gap: { readonly gapId: string; readonly from: string } | undefined;
  private offsetMs: number;
  private beatsOff = 0;
  private recorded: Promise<void> = Promise.resolve();
  private gaps = 0;
  private inferred = 0;
  private admitted = 0;

  constructor(
    private readonly nodeId: string,
    private readonly tenantId: string,
    private readonly parts: NodeWatchParts,
    private readonly known: KnownNode = { gap: null, comparedAt: null, offsetMs: null },
  ) {
    this.gap = known.gap ?? undefined;
    this.offsetMs = known.offsetMs ?? 0;
    this.found = new FoundOnNode(nodeId, parts);
    this.missing = new MissingLegs(nodeId, parts.legs);
  }

  /** What was missed and found since this process watches the node. */
  get figures(): WatchFigures {
    return { gapFrom: this.gap?.from, gaps: this.gaps, endsInferred: this.inferred, callersAdmitted: this.admitted };
  }

  /** The node is somebody else's: nothing more is recorded. */
  stop(): void {
    this.stopping.abort();
  }

  onGapOpened({ from, cause }: NodeGap): void {
    this.openGap(isoTime(msOf(from) - UNCERTAIN_MS), cause);
    this.parts.alarms.raise({ code: 'media-node-gap', message: `events of media node ${this.nodeId} may have been missed since ${from}: ${cause}`, details: { nodeId: this.nodeId, cause } });
  }

  async onConnected(snapshot: NodeSnapshot): Promise<void> {
    const { legs, lanes } = this.parts;
    if (this.gap === undefined) this.openGap(this.awaySince(snapshot.takenAt), 'engine-away');
    const gap = this.gap!;
    await lanes.drained();
    const unheard = new Set<string>();
    for (const leg of legs.onNode(this.nodeId)) this.noteUnheard(unheard, leg, later(gap.from, leg.callStartedAt), snapshot.takenAt, gap.gapId);
    const present = new Set(snapshot.channels.map(({ channelId }) => channelId));
    const ended = await this.absent(snapshot, legs.onNode(this.nodeId).filter(({ legId }) => !present.has(legId)));
    for (const leg of ended) {
      this.inferEnd(leg, later(leg.createdAt, gap.from), snapshot.takenAt, gap.gapId);
      legs.noteEnd(leg.legId);
    }
    // One that was asked for after the list was taken is not missing: it is still to come.
    const expected = [...legs.expectedOn(this.nodeId)].map(([legId, leg]) => ({ ...leg, legId })).filter(({ legId, at }) => !present.has(legId) && msOf(at) < msOf(snapshot.takenAt));
    for (const leg of await this.absent(snapshot, expected)) {
      this.noteUnheard(unheard, leg, later(leg.at, gap.from), snapshot.takenAt, gap.gapId);
      this.inferEnd(leg, later(leg.at, gap.from), snapshot.takenAt, gap.gapId);
    }
    const { legsConfirmed, callersAdmitted } = await this.found.tell(snapshot, this.looked(gap.from, snapshot.takenAt));
    for (const leg of legs.onNode(this.nodeId)) this.noteUnheard(unheard, leg, leg.callStartedAt, snapshot.takenAt, gap.gapId);
    this.admitted += callersAdmitted;
    this.missing.compared(snapshot.takenAt);
    await lanes.drained();
    await this.close(gap, snapshot, { channelsSeen: snapshot.channels.length, legsConfirmed, endsInferred: ended.length, callersAdmitted, callsAffected: unheard.size });
    this.gap = undefined;
  }

  /** By the switch's clock. */
  private looked(since: string, takenAt: string): Looked {
    const [from, at] = [since, takenAt].map((time) => isoTime(msOf(time) + this.offsetMs)) as [string, string];
    return { at, unheard: { earliest: from < at ? from : at, latest: isoTime(msOf(at) + UNCERTAIN_MS) } };
  }

  /** Those that the switch says it does not have. */
  private async absent<Leg extends { readonly legId: string }>(snapshot: NodeSnapshot, legs: readonly Leg[]): Promise<Leg[]> {
    const gone = await mapInParallel(legs, QUESTIONS_AT_ONCE, ({ legId }) => snapshot.confirmAbsent(legId));
    return legs.filter((_, index) => gone[index]);
  }

  onFacts(facts: readonly SwitchFact[]): void {
    for (const fact of facts) {
      switch (fact.kind) {
        case 'heartbeat':
          if (fact.clockOffsetMs !== undefined) this.measureClock(fact.factId, fact.clockOffsetMs);
          break;
        case 'job-completed':
        case 'shutting-down':
          break;
        default:
          this.parts.ingest.ingest(this.nodeId, fact);
      }
    }
  }

  /** Fewer channels than legs: one may have ended without a word. What is missing twice in a row is over. */
  async onCount(channels: number, look: () => Promise<NodeSnapshot>): Promise<void> {
    const { legs, alarms } = this.parts;
    if (legs.onNode(this.nodeId).length <= channels) {
      this.missing.none();
      return;
    }
    for (const absent of await this.missing.look(await look())) {
      this.inferAbsent(absent);
      alarms.raise({ code: 'channel-vanished', message: `a channel of media node ${this.nodeId} is gone and never reported its end`, details: { nodeId: this.nodeId, legId: absent.leg.legId } });
    }
  }

  private inferAbsent({ leg, earliest, latest }: Absent): void {
    this.inferEnd(leg, earliest, latest, deterministicId('vanished', leg.legId, latest));
    this.parts.legs.noteEnd(leg.legId);
  }

  /**
   * Times are told by the switch's clock, as all times of its calls are. The end is dated when the leg was missed, and not
   * as late as it may have been: its agent is free from here on, and may be in another call within the uncertainty.
   */
  private inferEnd({ legId, callId, tenantId }: { readonly legId: string; readonly callId: string; readonly tenantId: string }, since: string, until: string, causeId: string): void {
    this.inferred += 1;
    const earliest = isoTime(msOf(since) + this.offsetMs - REPORTED_AFTER_MS);
    const endedAt = later(earliest, isoTime(msOf(until) + this.offsetMs));
    const latest = isoTime(msOf(endedAt) + UNCERTAIN_MS);
    const meta = { commandId: deterministicId('infer-end', legId, causeId), tenantId, at: isoTime(this.parts.clock.now()), actor: { kind: 'switch' as const, id: this.nodeId }, correlationId: callId, causationId: causeId };
    this.parts.lanes.send(callId, { type: 'InferLegEnd', data: { legId, evidence: 'not-in-show-channels', earliest, endedAt, latest }, meta });
  }

  /** Says so once in each call that was there meanwhile. By the switch's clock, as all times of its calls are. */
  private noteUnheard(noted: Set<string>, { callId, tenantId }: { readonly callId: string; readonly tenantId: string }, since: string, until: string, gapId: string): void {
    if (noted.has(callId)) return;
    noted.add(callId);
    const [from, to] = [since, until].map((at) => isoTime(msOf(at) + this.offsetMs)) as [string, string];
    const meta = { commandId: deterministicId('unheard', callId, gapId), tenantId, at: isoTime(this.parts.clock.now()), actor: { kind: 'switch' as const, id: this.nodeId }, correlationId: callId, causationId: gapId };
    this.parts.lanes.send(callId, { type: 'NoteUnheard', data: { gapId, nodeId: this.nodeId, from: from < to ? from : to, to }, meta });
  }

  /** Since when nobody listened, as far as the log can tell; a node that was never compared is not missed before the first look at it. */
  private awaySince(first: string): string {
    const heard = this.parts.legs.heardFrom(this.nodeId);
    const told = heard === undefined ? '' : isoTime(msOf(heard) - this.offsetMs - ON_THEIR_WAY_MS);
    return later(told, this.known.comparedAt ?? '') || first;
  }

  private openGap(from: string, cause: NodeGap['cause']): void {
    const gapId = deterministicId('gap', this.nodeId, from, this.parts.clock.now());
    this.gap = { gapId, from };
    this.gaps += 1;
    this.send(gapId, { type: 'OpenMediaNodeGap', data: { gapId, from, cause } });
  }

  private async close(gap: { readonly gapId: string }, snapshot: NodeSnapshot, findings: GapFindings): Promise<void> {
    this.send(deterministicId(gap.gapId, 'close', snapshot.takenAt), { type: 'CloseMediaNodeGap', data: { gapId: gap.gapId, to: snapshot.takenAt, switchSessionId: snapshot.switchSessionId, ...findings } });
    await this.recorded;
  }

  private measureClock(factId: string, offsetMs: number): void {
    this.offsetMs = offsetMs;
    this.beatsOff = Math.abs(offsetMs) > CLOCK_ALARM_MS ? this.beatsOff + 1 : 0;
    if (this.beatsOff >= CLOCK_ALARM_BEATS) {
      this.parts.alarms.raise({ code: 'media-node-clock', message: `the clock of media node ${this.nodeId} is ${offsetMs} ms off ours; check NTP on both`, details: { nodeId: this.nodeId, offsetMs } });
    }
    this.send(deterministicId('clock', factId), { type: 'MeasureMediaNodeClock', data: { offsetMs } });
  }

  /** In order. Waits for a store that is away: a gap whose end is not recorded would keep the node from being routed to. */
  private send(commandId: string, command: Pick<MediaNodeCommand, 'type' | 'data'>): void {
    const { dispatcher, clock, alarms } = this.parts;
    const { signal } = this.stopping;
    const stream = streamOf('node', this.nodeId);
    const meta = { commandId, tenantId: this.tenantId, at: isoTime(clock.now()), actor: { kind: 'system' as const, id: 'node-watch' }, correlationId: this.nodeId, causationId: commandId };
    this.recorded = this.recorded.then(() =>
      retryForEver(clock, signal, () => dispatcher.dispatch(stream, { ...command, meta }), isPassing).then(
        () => undefined,
        (error: unknown) => {
          if (!signal.aborted) alarms.raise({ code: 'media-node-not-recorded', message: `${command.type} of node ${this.nodeId} could not be recorded`, error });
        },
      ),
    );
  }
}

/** Of two times, ISO 8601 UTC. */
const later = (a: string, b: string): string => (a > b ? a : b);
