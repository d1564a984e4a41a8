import { type Clock, isoTime, msOf } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import type { Json, Recorded, RecordedEvent } from '../../kernel/event.js';
import { idOf, streamOf } from '../../kernel/streams.js';
import type { CommandDispatcher } from '../../platform/event-store/command-dispatcher.js';
import { deterministicId } from '../../platform/event-store/deterministic-ids.js';
import type { Alarms } from '../../platform/observability/alarms.port.js';
import { isPassing } from '../../platform/subscriptions/process-commands.js';
import type { LiveFold } from '../../platform/subscriptions/live-fold.js';
import type { CallCommand } from '../../telephony/contract/call-commands.js';
import type { CallEvent } from '../../telephony/contract/call-events.js';
import type { NumberDirectory } from '../../telephony/ports/number-directory.port.js';
import { decideAdmission } from './admission.js';
import { type Caller, enteringCaller, type QueueDirectory } from './routing-view.js';

/** A call to one of our numbers that is in no queue yet. */
interface Arrival {
  readonly tenantId: string;
  readonly numberId: string;
  readonly nodeId: string;
  /** Set once the caller's leg is parked, which is when it can be driven. */
  readonly parked: { readonly at: string; readonly eventId: string } | null;
}

export interface CallerAdmissionParts {
  readonly queues: QueueDirectory & { expect(callId: string, queueId: string): void; unexpect(callId: string): void };
  readonly numbers: NumberDirectory;
  readonly dispatcher: CommandDispatcher;
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** What a node plays to those who wait, where the queue does not say. */
  readonly musicOf: (nodeId: string) => string | null;
  /** Whether this process is the router now. */
  readonly enabled: () => boolean;
  /** Hears of each caller in the turn in which their entry is sent. */
  readonly entering: (caller: Caller) => void;
}

/** Time until a caller is tried again whom the store did not take, ms. */
const RETRY_MS = 250;
/** A caller who was noticed later than this began to wait before we knew. */
const PROMPT_MS = 5_000;

/**
 * Takes parked callers into the queue of the number that they dialled, or refuses them with a cause.
 * The choice rests on queues and numbers as they are known here and is recorded as it is made.
 */
export class CallerAdmission implements LiveFold {
  readonly name = 'caller-admission';
  readonly version = 2;
  readonly eventTypes = ['CallStarted', 'LegParked', 'LegTransferred', 'CallEnqueued', 'CallEnded', 'SwitchActionRequested'];
  private readonly arrivals = new Map<string, Arrival>();
  /** Calls whose caller is parked and that nothing is decided on yet: what is looked at after each batch of events. */
  private readonly ready = new Set<string>();
  private readonly deciding = new Set<string>();

  constructor(private readonly parts: CallerAdmissionParts) {}

  apply(recorded: RecordedEvent): void {
    const event = recorded as Recorded<CallEvent>;
    const callId = idOf(event.stream);
    switch (event.type) {
      case 'CallStarted':
        if (event.data.direction === 'inbound' && event.data.numberId !== null) {
          this.arrivals.set(callId, { tenantId: event.metadata.tenantId, numberId: event.data.numberId, nodeId: event.data.nodeId, parked: null });
        }
        return;
      case 'LegParked': {
        const arrival = this.arrivals.get(callId);
        if (arrival === undefined || event.data.legId !== callId) return;
        this.arrivals.set(callId, { ...arrival, parked: { at: event.metadata.occurredAt, eventId: event.id } });
        if (!this.deciding.has(callId)) this.ready.add(callId);
        return;
      }
      case 'LegTransferred':
        // Nobody took the caller over in time: the dialplan has.
        if (event.data.legId === callId) this.forget(callId);
        return;
      case 'SwitchActionRequested':
        // Somebody drives the caller already: the API, or a refusal.
        if (event.data.channelId === callId) this.forget(callId);
        return;
      case 'CallEnqueued':
      case 'CallEnded':
        this.forget(callId);
        return;
      default:
    }
  }

  /** Admits everybody who is ready to be; called after each batch of events while this process is the router. */
  admit(): void {
    for (const callId of this.ready) {
      this.ready.delete(callId);
      const arrival = this.arrivals.get(callId);
      if (arrival !== undefined && arrival.parked !== null) this.admitOne(callId, arrival, arrival.parked);
    }
  }

  snapshot(): Json {
    return [...this.arrivals] as unknown as Json;
  }

  restore(state: Json): void {
    for (const [callId, arrival] of state as unknown as [string, Arrival][]) {
      this.arrivals.set(callId, arrival);
      if (arrival.parked !== null) this.ready.add(callId);
    }
  }

  private forget(callId: string): void {
    this.arrivals.delete(callId);
    this.ready.delete(callId);
  }

  private admitOne(callId: string, { tenantId, numberId, nodeId }: Arrival, parked: { readonly at: string; readonly eventId: string }): void {
    const { queues, numbers, clock, musicOf } = this.parts;
    const number = numbers.byId(numberId);
    const at = clock.now() - msOf(parked.at) < PROMPT_MS ? parked.at : isoTime(clock.now());
    const admission = number === undefined ? undefined : decideAdmission(queues, { tenantId, queueId: number.destination.queueId, at });
    const commandId = deterministicId('admit', parked.eventId);
    this.deciding.add(callId);
    if (admission?.kind === 'enqueue') {
      const { queueId, priority, maxWaitAt, answer, overflow, music } = admission;
      queues.expect(callId, queueId);
      const segmentId = deterministicId('segment', parked.eventId);
      const data = { segmentId, legId: callId, queueId, priority, waitingSince: parked.at, maxWaitAt, answer, overflow, previousSegmentId: null, music: music ?? musicOf(nodeId) };
      void this.send(callId, tenantId, at, parked.eventId, commandId, { type: 'EnqueueCall', data });
      this.parts.entering(enteringCaller(data, { callId, tenantId, nodeId, commandId, visited: [queueId] }));
    } else void this.send(callId, tenantId, at, parked.eventId, commandId, { type: 'RejectCall', data: { cause: admission?.cause ?? 'UNALLOCATED_NUMBER' } });
  }

  private async send(callId: string, tenantId: string, at: string, eventId: string, commandId: string, command: Pick<CallCommand, 'type' | 'data'>): Promise<void> {
    const { dispatcher, queues, alarms, clock, enabled } = this.parts;
    const meta = { commandId, tenantId, at, actor: { kind: 'router' as const, id: 'caller-admission' }, correlationId: callId, causationId: eventId };
    try {
      await dispatcher.dispatch(streamOf('call', callId), { ...command, meta });
      this.forget(callId);
    } catch (error) {
      queues.unexpect(callId);
      // While the store is away the caller waits at the switch.
      if (isPassing(error)) {
        if (this.arrivals.has(callId)) this.ready.add(callId);
        clock.after(RETRY_MS, () => {
          if (enabled()) this.admit();
        });
      } else {
        this.forget(callId);
        if (!(error instanceof DomainError)) alarms.raise({ code: 'admission-failed', message: 'a caller could not be admitted', details: { callId }, error });
      }
    }
    this.deciding.delete(callId);
  }
}
