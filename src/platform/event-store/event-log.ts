import type { RecordedEvent } from '../../kernel/event.js';
import type { SubjectKeys } from '../privacy/subject-keys.port.js';
import type { EventCatalog } from './event-catalog.js';
import type { EventStore, ExpectedRevision, NewEvent, ReadStreamOptions, StoredEvent } from './event-store.port.js';

export type UncodedEvent = Omit<NewEvent, 'schemaVersion'>;

export interface Appended {
  readonly revision: bigint;
  readonly position: bigint;
  /** The events as recorded; undefined where the store does not tell their positions. */
  readonly events: readonly RecordedEvent[] | undefined;
}

/** The event store as the domain sees it: typed, upcast, decrypted. */
export class EventLog {
  private readonly listeners: ((events: readonly RecordedEvent[]) => void)[] = [];

  constructor(
    readonly store: EventStore,
    readonly catalog: EventCatalog,
    readonly keys: SubjectKeys,
  ) {}

  /** Hears of everything that this process commits, in the order of commits as far as positions tell. */
  onCommitted(listener: (events: readonly RecordedEvent[]) => void): void {
    this.listeners.push(listener);
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly UncodedEvent[]): Promise<Appended> {
    const coded = await Promise.all(events.map((event) => this.catalog.encode(stream, event, this.keys)));
    const result = await this.store.append(stream, expected, coded);
    if (result.written === undefined || coded.length === 0) return { revision: result.revision, position: result.position, events: undefined };
    const { firstPosition, recordedAt } = result.written;
    const firstRevision = result.revision - BigInt(coded.length - 1);
    const recorded = coded.map((event, index) => {
      const sealed = this.catalog.sealed(event.type, event.data);
      return {
        ...event,
        data: events[index]!.data,
        stream,
        revision: firstRevision + BigInt(index),
        position: firstPosition + BigInt(index),
        recordedAt,
        ...(sealed === undefined ? {} : { sealed }),
      };
    });
    for (const listener of this.listeners) listener(recorded);
    return { revision: result.revision, position: result.position, events: recorded };
  }

  /** Throws UnknownEventType where the stream holds what this program does not know. */
  async readStream(stream: string, options?: ReadStreamOptions): Promise<RecordedEvent[]> {
    return this.catalog.decode(await this.store.readStream(stream, options), this.keys, 'refuse');
  }

  decode(events: readonly StoredEvent[]): Promise<RecordedEvent[]> {
    return this.catalog.decode(events, this.keys, 'keep');
  }
}
