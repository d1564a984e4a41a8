import { isoTime, type Clock, type Timer } from '../../kernel/clock.js';
import type { RecordedEvent } from '../../kernel/event.js';
import { laneOf, type Process } from '../../kernel/process.js';
import type { Alarms } from '../observability/alarms.port.js';
import { shownError } from '../observability/logger.js';
import type { ParkedEvents } from './parked-events.port.js';
import { retryForEver } from './retry.js';

const VERB_POLL_MS = 1_000;

const textOf = (error: unknown): string => {
  const { type, message } = shownError(error);
  return `${type}: ${message}`;
};

/** Which instances of processes wait for an operator, and what was asked for them meanwhile. */
export class StoppedInstances {
  private readonly keys = new Set<string>();
  private timer: Timer | undefined;

  /** `onAsked` is called for each instance for which an operator said `retry` or `skip`. */
  constructor(
    private readonly parts: { readonly parked: ParkedEvents; readonly clock: Clock; readonly alarms: Alarms },
    private readonly processes: readonly Process[],
    private readonly signal: AbortSignal,
    private readonly onAsked: (process: Process, lane: string) => void,
  ) {
    signal.addEventListener('abort', () => this.timer?.cancel(), { once: true });
  }

  get count(): number {
    return this.keys.size;
  }

  /** Finds those that were stopped before the start. */
  async load(): Promise<void> {
    const ours = new Set(this.processes.map(({ name }) => name));
    for (const event of await this.parts.parked.waiting()) if (ours.has(event.runner)) this.keys.add(keyOf(event.runner, event.lane));
    this.poll();
  }

  has(process: Process, lane: string): boolean {
    return this.keys.has(keyOf(process.name, lane));
  }

  goOn(process: Process, lane: string): void {
    this.keys.delete(keyOf(process.name, lane));
  }

  /** Stops an instance at an event that its process could not handle. */
  async stop(process: Process, event: RecordedEvent, error: unknown): Promise<void> {
    const { $correlationId: correlationId } = event.metadata;
    const lane = laneOf(process, event);
    this.keys.add(keyOf(process.name, lane));
    this.parts.alarms.raise({
      code: 'process-instance-stopped',
      message: `${process.name} failed on ${event.type} at position ${event.position}; ${lane} waits for an operator (retry, or skip with a reason)`,
      details: { process: process.name, lane, correlationId, eventId: event.id, type: event.type },
      error,
    });
    await this.park(process, event, textOf(error));
    this.poll();
  }

  /** Sets an event of a stopped instance aside. */
  async park(process: Process, event: RecordedEvent, error = ''): Promise<void> {
    const entry = {
      runner: process.name,
      lane: laneOf(process, event),
      position: event.position,
      stream: event.stream,
      revision: event.revision,
      eventId: event.id,
      eventType: event.type,
      error,
      parkedAt: isoTime(this.parts.clock.now()),
    };
    await retryForEver(this.parts.clock, this.signal, () => this.parts.parked.park([entry]));
  }

  private poll(): void {
    if (this.signal.aborted || this.keys.size === 0) return;
    this.timer ??= this.parts.clock.after(VERB_POLL_MS, () => {
      this.timer = undefined;
      void this.look().finally(() => this.poll());
    });
  }

  private async look(): Promise<void> {
    try {
      for (const process of this.processes) {
        for (const lane of await this.parts.parked.asked(process.name)) {
          if (!this.signal.aborted) this.onAsked(process, lane);
        }
      }
    } catch (error) {
      this.parts.alarms.raise({ code: 'parked-events-away', message: 'what operators asked for parked events cannot be read; it is tried again', error });
    }
  }
}

const keyOf = (process: string, lane: string): string => `${process}\u001f${lane}`;
