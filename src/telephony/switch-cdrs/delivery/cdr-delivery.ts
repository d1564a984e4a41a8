import { type Clock, isoTime, type Timer } from '../../../kernel/clock.js';
import { DomainError } from '../../../kernel/errors.js';
import type { Actor } from '../../../kernel/event.js';
import { streamOf } from '../../../kernel/streams.js';
import type { CommandExecutor } from '../../../platform/event-store/command-executor.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import type { EventLog } from '../../../platform/event-store/event-log.js';
import { EventStoreUnavailable } from '../../../platform/event-store/event-store.port.js';
import type { Alarms } from '../../../platform/observability/alarms.port.js';
import type { CallCommand } from '../../calls/domain/call.commands.js';
import { bridgeOf } from '../../calls/ingest/call-ingest.js';
import { callDecider } from '../../calls/domain/call.decider.js';
import type { SwitchCdrInbox, WaitingCdr, WitnessedLeg } from '../../ports/switch-cdr-inbox.port.js';
import { type CallOfLeg, callOfLeg } from './call-of-leg.js';

export interface CdrDeliveryParts {
  readonly inbox: SwitchCdrInbox;
  readonly log: EventLog;
  readonly executor: CommandExecutor;
  readonly clock: Clock;
  readonly alarms: Alarms;
}

export interface CdrDeliveryOptions {
  /** How often the inbox is looked into, ms. */
  readonly everyMs: number;
  /** Attempts after which a CDR whose call nobody knows is given up. */
  readonly maxAttempts: number;
}

const AT_A_TIME = 100;
const KEPT_MS = 30_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 3_600_000;

/** Brings CDRs to the calls that they are about, once their own facts have had time to arrive. */
export class CdrDelivery {
  private timer: Timer | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = true;

  constructor(
    private readonly parts: CdrDeliveryParts,
    private readonly options: CdrDeliveryOptions,
  ) {}

  start(): void {
    this.stopped = false;
    this.next();
  }

  /** Ends after those that are in hand. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.running;
  }

  private next(): void {
    if (this.stopped) return;
    this.timer = this.parts.clock.after(this.options.everyMs, () => {
      this.running = this.deliverDue()
        .catch((error: unknown) => this.parts.alarms.raise({ code: 'switch-cdrs-wait', message: 'CDRs of switches could not be taken from their inbox; it is tried again', error }))
        .then(() => this.next());
    });
  }

  private async deliverDue(): Promise<void> {
    const { inbox } = this.parts;
    for (;;) {
      const due = await inbox.take(AT_A_TIME, KEPT_MS);
      await Promise.all(due.map((waiting) => this.deliver(waiting)));
      if (due.length < AT_A_TIME || this.stopped) return;
    }
  }

  private async deliver({ witnessed, attempts }: WaitingCdr): Promise<void> {
    const { inbox, log, executor, alarms } = this.parts;
    const details = { legId: witnessed.channelId };
    let call: CallOfLeg | undefined;
    try {
      call = await callOfLeg(log, executor, witnessed);
      if (call !== undefined) await this.witness(call, witnessed);
    } catch (error) {
      if (isPassing(error)) return inbox.postpone(witnessed, FIRST_RETRY_MS);
      alarms.raise({ code: 'switch-cdr-refused', message: 'the CDR of a leg could not be recorded; it is left aside', details, error });
      return inbox.done(witnessed);
    }
    // An inbox that is away now keeps it: it comes again.
    if (call === undefined && attempts < this.options.maxAttempts) return inbox.postpone(witnessed, Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1)));
    if (call === undefined) alarms.raise({ code: 'switch-cdr-without-call', message: 'a switch sent the CDR of a leg that is in no call we know of; it is left aside', details });
    await inbox.done(witnessed);
  }

  private async witness({ callId, tenantId, nodeId }: CallOfLeg, { channelId, switchSessionId, cause, q850, hungUpBy, times, bridge, toFallback }: WitnessedLeg): Promise<void> {
    const { endedAt, ...legTimes } = times;
    const commandId = deterministicId('switch-cdr', switchSessionId, channelId);
    const command: CallCommand = {
      type: 'WitnessLegEnd',
      data: { legId: channelId, cause, q850: q850 ?? null, hungUpBy, times: legTimes, endedAt, ...bridgeOf(bridge), ...(toFallback === undefined ? {} : { toFallback }) },
      meta: { commandId, tenantId, at: isoTime(this.parts.clock.now()), actor: cdrOf(nodeId), correlationId: callId, causationId: commandId },
    };
    await this.parts.executor.execute(callDecider, streamOf('call', callId), command);
  }
}

/** Not the node itself: a CDR tells that a leg is over, and not that anybody listened when it ended. */
const cdrOf = (nodeId: string): Actor => ({ kind: 'switch', id: `${nodeId}/cdr` });

const isPassing = (error: unknown): boolean => error instanceof EventStoreUnavailable || (error instanceof DomainError && (error.kind === 'unavailable' || error.code === 'too-much-contention'));
