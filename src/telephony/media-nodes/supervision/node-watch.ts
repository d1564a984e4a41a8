import { type Clock, isoTime, msOf } from '../../../kernel/clock.js';
import { streamOf } from '../../../kernel/streams.js';
import type { CommandDispatcher } from '../../../platform/event-store/command-dispatcher.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import type { Alarms } from '../../../platform/observability/alarms.port.js';
import type { GapFindings, MediaNodeCommand } from '../domain/media-node.decider.js';
import type { CallIngest } from '../../calls/ingest/call-ingest.js';
import type { FactLanes } from '../../calls/ingest/fact-lanes.js';
import type { LiveLegs } from '../../calls/ingest/live-legs.fold.js';
import type { NodeGap, NodeListener, NodeSnapshot } from '../../ports/node-listener.port.js';
import type { SwitchFact } from '../../ports/switch-facts.js';
import type { LiveChannel } from '../../ports/telephony-gateway.port.js';

export interface NodeWatchParts {
  readonly dispatcher: CommandDispatcher;
  readonly clock: Clock;
  readonly legs: LiveLegs;
  readonly ingest: CallIngest;
  readonly lanes: FactLanes;
  readonly alarms: Alarms;
  /** The last instant at which anything was recorded before this process began, ISO 8601 UTC. */
  readonly lastRecordedAt: string;
}

/** Above this the clocks of node and engine are not disciplined, ms. */
const CLOCK_ALARM_MS = 100;

/**
 * What one media node tells, on its way into the log: facts as they come, gaps as they open, and on
 * every connection the comparison of what the switch has with what we believe.
 */
export class NodeWatch implements NodeListener {
  private gap: { readonly gapId: string; readonly from: string } | undefined;
  private recorded: Promise<void> = Promise.resolve();

  constructor(
    private readonly nodeId: string,
    private readonly tenantId: string,
    private readonly parts: NodeWatchParts,
  ) {}

  onGapOpened({ from, cause }: NodeGap): void {
    this.openGap(from, cause);
    this.parts.alarms.raise({ code: 'media-node-gap', message: `events of media node ${this.nodeId} may have been missed since ${from}: ${cause}`, details: { nodeId: this.nodeId, cause } });
  }

  async onConnected(snapshot: NodeSnapshot): Promise<void> {
    const { legs, lanes } = this.parts;
    if (this.gap === undefined) this.openGap(this.parts.lastRecordedAt, 'engine-away');
    const gap = this.gap!;
    await lanes.drained();
    const present = new Map(snapshot.channels.map((channel) => [channel.channelId, channel]));
    let legsConfirmed = 0;
    let endsInferred = 0;
    for (const leg of legs.onNode(this.nodeId)) {
      const channel = present.get(leg.legId);
      if (channel !== undefined) {
        legsConfirmed += 1;
        this.tellState(channel, snapshot.takenAt, leg.answeredAt !== null, leg.parked);
        continue;
      }
      if (!(await snapshot.confirmAbsent(leg.legId))) continue;
      endsInferred += 1;
      this.inferEnd(leg, leg.createdAt, gap, snapshot);
      legs.noteEnd(leg.legId);
    }
    for (const [legId, expected] of legs.expectedOn(this.nodeId)) {
      if (!present.has(legId) && (await snapshot.confirmAbsent(legId))) this.inferEnd({ ...expected, legId }, expected.at, gap, snapshot);
    }
    let callersAdmitted = 0;
    for (const channel of snapshot.channels) {
      if (legs.get(channel.channelId) !== undefined || channel.state === 'hangup' || channel.state === 'down') continue;
      if (channel.direction === 'inbound' && channel.parked) callersAdmitted += 1;
      this.tellAppeared(channel, snapshot);
    }
    await lanes.drained();
    await this.close(gap, snapshot, { channelsSeen: snapshot.channels.length, legsConfirmed, endsInferred, callersAdmitted });
    this.gap = undefined;
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

  private inferEnd({ legId, callId, tenantId }: { readonly legId: string; readonly callId: string; readonly tenantId: string }, since: string, gap: { readonly gapId: string; readonly from: string }, { takenAt }: NodeSnapshot): void {
    const earliest = msOf(gap.from) > msOf(since) ? gap.from : since;
    const meta = { commandId: deterministicId('infer-end', legId, gap.gapId), tenantId, at: isoTime(this.parts.clock.now()), actor: { kind: 'switch' as const, id: this.nodeId }, correlationId: callId, causationId: gap.gapId };
    this.parts.lanes.send(callId, { type: 'InferLegEnd', data: { legId, evidence: 'not-in-show-channels', earliest, latest: takenAt }, meta });
  }

  private openGap(from: string, cause: NodeGap['cause']): void {
    const gapId = deterministicId('gap', this.nodeId, from, this.parts.clock.now());
    this.gap = { gapId, from };
    this.send(gapId, { type: 'OpenMediaNodeGap', data: { gapId, from, cause } });
  }

  private async close(gap: { readonly gapId: string }, snapshot: NodeSnapshot, found: GapFindings): Promise<void> {
    this.send(deterministicId(gap.gapId, 'close'), { type: 'CloseMediaNodeGap', data: { gapId: gap.gapId, to: snapshot.takenAt, switchSessionId: snapshot.switchSessionId, ...found } });
    await this.recorded;
  }

  /** A caller who came while nobody listened, with their true age; or a leg of ours whose start we missed. */
  private tellAppeared(channel: LiveChannel, snapshot: NodeSnapshot): void {
    this.parts.ingest.ingest(this.nodeId, {
      kind: 'channel-appeared',
      factId: deterministicId('found', channel.channelId),
      at: channel.createdAt,
      channelId: channel.channelId,
      direction: channel.direction,
      origin: 'trunk',
      callerNumber: channel.callerNumber,
      callerName: channel.callerName,
      dialedNumber: channel.dialedNumber,
      callChannelId: channel.callChannelId,
      internal: false,
      switchSessionId: snapshot.switchSessionId,
    });
    this.tellState(channel, snapshot.takenAt, false, false);
  }

  private tellState(channel: LiveChannel, at: string, knownAnswered: boolean, knownParked: boolean): void {
    const { channelId } = channel;
    if (!knownAnswered && (channel.state === 'active' || channel.state === 'held')) {
      this.parts.ingest.ingest(this.nodeId, { kind: 'channel-answered', factId: deterministicId('found-answered', channelId), at, channelId });
    }
    if (!knownParked && channel.parked) {
      // A caller waits since the channel was made, not since we noticed.
      const parkedAt = channel.direction === 'inbound' ? channel.createdAt : at;
      this.parts.ingest.ingest(this.nodeId, { kind: 'channel-parked', factId: deterministicId('found-parked', channelId), at: parkedAt, channelId });
    }
  }

  private measureClock(factId: string, offsetMs: number): void {
    if (Math.abs(offsetMs) > CLOCK_ALARM_MS) {
      this.parts.alarms.raise({ code: 'media-node-clock', message: `the clock of media node ${this.nodeId} is ${offsetMs} ms off ours; check NTP on both`, details: { nodeId: this.nodeId, offsetMs } });
    }
    this.send(deterministicId('clock', factId), { type: 'MeasureMediaNodeClock', data: { offsetMs } });
  }

  private send(commandId: string, command: Pick<MediaNodeCommand, 'type' | 'data'>): void {
    const { dispatcher, clock, alarms } = this.parts;
    const stream = streamOf('node', this.nodeId);
    const meta = { commandId, tenantId: this.tenantId, at: isoTime(clock.now()), actor: { kind: 'system' as const, id: 'node-watch' }, correlationId: this.nodeId, causationId: commandId };
    this.recorded = this.recorded.then(() =>
      dispatcher.dispatch(stream, { ...command, meta }).then(
        () => undefined,
        (error: unknown) => alarms.raise({ code: 'media-node-not-recorded', message: `${command.type} of node ${this.nodeId} could not be recorded`, error }),
      ),
    );
  }
}
