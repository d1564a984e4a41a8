import { isoTime, type Clock } from '../../kernel/clock.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { EventLog } from '../event-store/event-log.js';
import { shownError } from '../observability/logger.js';
import { withSealed } from '../privacy/sealed-text.js';
import type { ParkedEvent, ParkedEvents } from './parked-events.port.js';
import { FoldFailure, ProjectionBatch, type TableRows, versionName, type PreparedProjection } from './projection-batch.js';
import { assertKnown } from './known-events.js';

/** Errors of PostgreSQL about the data itself: a value out of range, a broken constraint. */
const BAD_DATA = /^2[23]/;

/** The keys of an event, none where the projection cannot even say them. */
const keysOf = (prepared: PreparedProjection, event: RecordedEvent): readonly string[] => {
  try {
    const batch = new ProjectionBatch(prepared);
    batch.add(event);
    return batch.rowNames();
  } catch {
    return [];
  }
};

/**
 * What one version of a projection has set aside: events that it could not fold, and later ones that
 * touch the same rows, so that the order of a row's events is kept.
 */
export class ProjectionParking {
  private readonly keys = new Set<string>();
  private positions = new Set<bigint>();

  constructor(
    private readonly parts: { readonly parked: ParkedEvents; readonly log: EventLog; readonly clock: Clock },
    private readonly prepared: PreparedProjection,
  ) {}

  get count(): number {
    return this.positions.size;
  }

  get runner(): string {
    return versionName(this.prepared.projection);
  }

  /** Reads what is parked; answers the events in log order. */
  async load(): Promise<RecordedEvent[]> {
    const entries = await this.parts.parked.waiting(this.runner);
    const events: RecordedEvent[] = [];
    this.keys.clear();
    this.positions = new Set(entries.map(({ position }) => position));
    for (const entry of entries) {
      const event = await this.readAgain(entry);
      events.push(event);
      for (const key of keysOf(this.prepared, event)) this.keys.add(key);
    }
    return events;
  }

  /** Whether the event is parked, or has to wait behind one that is. */
  holds(event: RecordedEvent): boolean {
    if (this.positions.size === 0) return false;
    return this.positions.has(event.position) || keysOf(this.prepared, event).some((key) => this.keys.has(key));
  }

  async park(event: RecordedEvent, error?: unknown): Promise<void> {
    if (this.positions.has(event.position) && error === undefined) return;
    await this.parts.parked.park([
      {
        runner: this.runner,
        lane: '',
        position: event.position,
        stream: event.stream,
        revision: event.revision,
        eventId: event.id,
        eventType: event.type,
        error: error === undefined ? '' : shownError(error).message,
        parkedAt: isoTime(this.parts.clock.now()),
      },
    ]);
    this.positions.add(event.position);
    for (const key of keysOf(this.prepared, event)) this.keys.add(key);
  }

  private async readAgain({ stream, revision, eventId }: ParkedEvent): Promise<RecordedEvent> {
    const stored = await this.parts.log.store.readStream(stream, { from: revision, maxCount: 1 });
    const [event] = await this.parts.log.decodeSealed(stored);
    if (event?.id !== eventId) throw new Error(`${stream} does not hold event ${eventId} at revision ${revision}`);
    return event;
  }
}

/** A projection that takes part in a fold. */
export interface Taker {
  readonly prepared: PreparedProjection;
  /** See ProjectionBatch. */
  readonly tables?: readonly TableRows[] | undefined;
  /** It takes nothing beyond this position. */
  readonly upTo?: bigint;
}

/** A batch for each of what it takes of these events, which are looked through once, their personal fields sealed. Throws FoldFailure. */
export const batchesOf = (takers: readonly Taker[], log: EventLog, events: Iterable<RecordedEvent>): ProjectionBatch[] => {
  const batches = takers.map(({ prepared, tables }) => new ProjectionBatch(prepared, tables));
  const takersOf = new Map<string, { readonly batch: ProjectionBatch; readonly upTo: bigint | undefined }[]>();
  takers.forEach(({ prepared, upTo }, i) => {
    for (const type of prepared.types) {
      const others = takersOf.get(type);
      const taker = { batch: batches[i]!, upTo };
      if (others === undefined) takersOf.set(type, [taker]);
      else others.push(taker);
    }
  });
  for (const event of events) {
    const all = takersOf.get(event.type);
    if (all === undefined) continue;
    let sealed: RecordedEvent | undefined;
    for (const { batch, upTo } of all) {
      if (upTo !== undefined && event.position > upTo) continue;
      sealed ??= known(log, batch.prepared, event);
      batch.add(sealed);
    }
  }
  return batches;
};

const known = (log: EventLog, { projection }: PreparedProjection, event: RecordedEvent): RecordedEvent => {
  try {
    assertKnown(log.catalog, event);
  } catch (error) {
    throw new FoldFailure(projection, event, error);
  }
  return withSealed(event);
};

/** The batch of one projection. Throws FoldFailure. */
export const batchOf = (prepared: PreparedProjection, log: EventLog, events: Iterable<RecordedEvent>, tables?: readonly TableRows[]): ProjectionBatch => batchesOf([{ prepared, tables }], log, events)[0]!;

/** Whether the events themselves are to blame, so that trying again is of no use. */
export const isBadData = (error: unknown): boolean => error instanceof FoldFailure || BAD_DATA.test(String((error as { code?: unknown } | null)?.code ?? ''));
