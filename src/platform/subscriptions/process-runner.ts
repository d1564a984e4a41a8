import type { Clock } from '../../kernel/clock.js';
import type { RecordedEvent } from '../../kernel/event.js';
import { laneOf, type Process } from '../../kernel/process.js';
import type { CommandDispatcher } from '../event-store/command-dispatcher.js';
import type { EventLog } from '../event-store/event-log.js';
import { EventStoreUnavailable } from '../event-store/event-store.port.js';
import type { Alarms } from '../observability/alarms.port.js';
import { CheckpointSaver } from './checkpoint-saver.js';
import { resumeAfter, type Checkpoints } from './checkpoints.port.js';
import { assertKnown, retryWhatIsKnownNow } from './known-events.js';
import type { LeaseLost, LeaseToken } from './leases.port.js';
import type { ParkedEvent, ParkedEvents } from './parked-events.port.js';
import { isPassing, issueCommands } from './process-commands.js';
import type { Reader } from './reader.js';
import { retryForEver } from './retry.js';
import { StoppedInstances } from './stopped-instances.js';
import { Watermark, type OpenWork } from './watermark.js';

export interface ProcessRunnerParts {
  readonly reader: Reader;
  readonly log: EventLog;
  readonly dispatcher: CommandDispatcher;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly checkpoints: Checkpoints;
  readonly parked: ParkedEvents;
}

export interface ProcessRunnerOptions {
  /** Name of the group: of its checkpoint and its consumer. */
  readonly name: string;
  /** The right to be the only one; a checkpoint is refused once somebody else has it. */
  readonly lease?: LeaseToken;
  /** Instances that are worked on at a time. Default 64. */
  readonly parallel?: number;
  /** Events in hand; more wait with the reader. Default 2,000. */
  readonly maxUnfinished?: number;
  /** Least time between two checkpoints, ms; what a crash leaves between them is issued again and found done. Default 500. */
  readonly checkpointMs?: number;
  /** Where a group without a checkpoint begins. Default 'beginning'. */
  readonly firstStart?: 'beginning' | 'head';
  /** Called when the lease turns out to be somebody else's; the runner has stopped by itself. */
  readonly onLost?: (error: LeaseLost) => void;
}

/** One instance of a process: what belongs together, in order. */
interface Lane {
  readonly process: Process;
  readonly id: string;
  readonly waiting: { readonly event: RecordedEvent; readonly work: OpenWork }[];
  /** In line for a turn, or having one. */
  scheduled: boolean;
}

/**
 * Runs a group of processes. Events of one lane (one correlation id, unless the process says otherwise)
 * are handled in order by each process, different lanes in parallel. The checkpoint follows the oldest unfinished event: after a crash the
 * commands of the last moments are issued again with the same ids, and nothing happens twice.
 *
 * An instance whose process throws something else than a refusal is stopped: the event and later ones
 * of the same lane are parked until an operator says `retry` or `skip`.
 */
export class ProcessRunner {
  private readonly byType = new Map<string, Process[]>();
  private readonly lanes = new Map<string, Lane>();
  private readonly ready: (() => void)[] = [];
  private readonly stopping = new AbortController();
  private readonly stopped: StoppedInstances;
  private waitingForProgress: (() => void)[] = [];
  private running = 0;
  /** With the time at which each event was recorded, ISO 8601 UTC. */
  private watermark = new Watermark<string>(0n);
  private saver: CheckpointSaver | undefined;
  private ended: Promise<void> | undefined;

  constructor(
    private readonly parts: ProcessRunnerParts,
    private readonly processes: readonly Process[],
    private readonly options: ProcessRunnerOptions,
  ) {
    for (const process of processes) for (const type of process.eventTypes) this.byType.set(type, [...(this.byType.get(type) ?? []), process]);
    this.stopped = new StoppedInstances(parts, processes, this.stopping.signal, (process, id) => {
      const lane = this.lane(process, id);
      this.schedule(lane, () => this.retryInstance(lane));
    });
  }

  /** Goes on after the checkpoint. Throws CheckpointOfAnotherLog. */
  async start(): Promise<void> {
    const { reader, log, checkpoints } = this.parts;
    const { name, lease, checkpointMs, firstStart } = this.options;
    const logId = await log.store.logId();
    const after = await resumeAfter(checkpoints, name, logId, firstStart === 'head' ? await reader.logHead() : 0n);
    this.watermark = new Watermark<string>(after);
    this.saver = new CheckpointSaver(this.parts, {
      name,
      logId,
      lease,
      everyMs: checkpointMs ?? 500,
      saved: after,
      position: () => this.watermark.position,
      onLost: (error) => void this.stop().then(() => this.options.onLost?.(error)),
    });
    for (const process of this.processes) await retryWhatIsKnownNow(this.parts, process.name);
    await this.stopped.load();
    reader.add({ name, eventTypes: [...this.byType.keys()], after, handle: (events, upTo) => this.handle(events, upTo) });
  }

  /** All up to here is done with. */
  get position(): bigint {
    return this.watermark.position;
  }

  /** Events that were taken and are not done with, the most that are, and when the oldest was recorded (ISO 8601 UTC). */
  get unfinished(): { readonly depth: number; readonly limit: number; readonly oldestAt: string | undefined } {
    return { depth: this.watermark.openCount, limit: this.maxUnfinished, oldestAt: this.watermark.oldest };
  }

  /** Instances (process and lane) that wait for an operator. */
  get stoppedInstances(): number {
    return this.stopped.count;
  }

  /** Resolves when nothing is in hand. */
  async settled(): Promise<void> {
    while (this.watermark.openCount > 0) await this.progress();
  }

  /** Ends after the commands that are under way, and saves the checkpoint. Once: the name may be another runner's by the second time. */
  stop(): Promise<void> {
    this.ended ??= this.end();
    return this.ended;
  }

  private get maxUnfinished(): number {
    return this.options.maxUnfinished ?? 2_000;
  }

  private async end(): Promise<void> {
    this.stopping.abort();
    this.tellProgress();
    await this.parts.reader.remove(this.options.name);
    while (this.running > 0) await this.progress();
    await this.saver?.end();
  }

  private async handle(events: readonly RecordedEvent[], upTo: bigint): Promise<void> {
    for (const event of events) {
      this.take(event);
      this.watermark.seen(event.position);
      while (this.watermark.openCount >= this.maxUnfinished && !this.stopping.signal.aborted) await this.progress();
      // What comes after this stays above the checkpoint and is read again at the next start.
      if (this.stopping.signal.aborted) return;
    }
    this.watermark.seen(upTo);
    this.saver?.soon();
  }

  private take(event: RecordedEvent): void {
    const processes = this.byType.get(event.type) ?? [];
    if (processes.length === 0) return;
    const work = this.watermark.begin(event.position, processes.length, event.recordedAt);
    for (const process of processes) {
      const lane = this.lane(process, laneOf(process, event));
      lane.waiting.push({ event, work });
      this.schedule(lane, () => this.runLane(lane));
    }
  }

  private lane(process: Process, id: string): Lane {
    const key = keyOf(process, id);
    const found = this.lanes.get(key);
    if (found !== undefined) return found;
    const lane: Lane = { process, id, waiting: [], scheduled: false };
    this.lanes.set(key, lane);
    return lane;
  }

  /** A lane that has its turn already needs no other; an operator's verb that comes then is seen at the next poll. */
  private schedule(lane: Lane, task: () => Promise<void>): void {
    if (lane.scheduled) return;
    lane.scheduled = true;
    if (this.running < (this.options.parallel ?? 64)) void this.turn(lane, task);
    else this.ready.push(() => void this.turn(lane, task));
  }

  private async turn(lane: Lane, task: () => Promise<void>): Promise<void> {
    this.running += 1;
    try {
      await task();
    } catch (error) {
      // The lane's events stay above the checkpoint.
      if (!this.stopping.signal.aborted) this.parts.alarms.raise({ code: 'process-runner-failed', message: `${this.options.name} lost hold of ${lane.process.name}, ${lane.id}`, error });
    }
    this.running -= 1;
    lane.scheduled = false;
    if (lane.waiting.length === 0) this.lanes.delete(keyOf(lane.process, lane.id));
    this.tellProgress();
    if (!this.stopping.signal.aborted) this.ready.shift()?.();
  }

  private async runLane(lane: Lane): Promise<void> {
    const { signal } = this.stopping;
    for (let next = lane.waiting[0]; next !== undefined && !signal.aborted; next = lane.waiting[0]) {
      if (this.stopped.has(lane.process, lane.id)) await this.stopped.park(lane.process, next.event);
      else await this.carryOut(lane.process, next.event);
      lane.waiting.shift();
      next.work.done();
      this.tellProgress();
      this.saver?.soon();
    }
  }

  /** True when the event was handled; false when its instance had to be stopped. */
  private async carryOut(process: Process, event: RecordedEvent): Promise<boolean> {
    const { dispatcher, clock, log } = this.parts;
    const { signal } = this.stopping;
    try {
      assertKnown(log.catalog, event);
      const commands = process.react(event);
      if (commands.length > 0) await issueCommands(dispatcher, clock, signal, process, event, commands);
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      await this.stopped.stop(process, event, error);
      return false;
    }
  }

  private async retryInstance(lane: Lane): Promise<void> {
    const { parked } = this.parts;
    const { process, id } = lane;
    await this.insist(() => parked.answered(process.name, id));
    const waiting = await this.insist(() => parked.waiting(process.name));
    for (const entry of waiting) {
      if (entry.lane !== id) continue;
      if (!(await this.carryOut(process, await this.readAgain(entry)))) return this.runLane(lane);
      await this.insist(() => parked.handled(process.name, entry.position));
    }
    this.stopped.goOn(process, id);
    return this.runLane(lane);
  }

  private async readAgain({ stream, revision, eventId }: ParkedEvent): Promise<RecordedEvent> {
    const [event] = await this.insist(() => this.parts.log.readStream(stream, { from: revision, maxCount: 1 }));
    if (event?.id !== eventId) throw new Error(`${stream} does not hold event ${eventId} at revision ${revision}`);
    return event;
  }

  /** Waits for stores that are away. */
  private insist<T>(attempt: () => Promise<T>): Promise<T> {
    return retryForEver(this.parts.clock, this.stopping.signal, attempt, (error, failures) => error instanceof EventStoreUnavailable || isPassing(error) || failures < 10);
  }

  private progress(): Promise<void> {
    return new Promise((resolve) => this.waitingForProgress.push(resolve));
  }

  private tellProgress(): void {
    if (this.waitingForProgress.length === 0) return;
    const waiting = this.waitingForProgress;
    this.waitingForProgress = [];
    for (const resume of waiting) resume();
  }
}

const keyOf = (process: Process, lane: string): string => `${process.name}\u001f${lane}`;
