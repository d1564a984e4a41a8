import type { RecordedEvent } from '../../kernel/event.js';
import type { SubjectKeys } from '../privacy/subject-keys.port.js';
import type { EventCatalog } from './event-catalog.js';
import type { AppendResult, EventStore, ExpectedRevision, NewEvent, ReadStreamOptions, StoredEvent } from './event-store.port.js';

export type UncodedEvent = Omit<NewEvent, 'schemaVersion'>;

/** One of several appends that are made together. */
export interface UncodedAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly UncodedEvent[];
}

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
    const coded = await this.encode(stream, events);
    return this.committed(stream, events, coded, await this.store.append(stream, expected, coded));
  }

  /** Whether the store can make appends to several streams at once. */
  get appendsTogether(): boolean {
    return this.store.appendTogether !== undefined;
  }

  /** All of the appends or none, see EventStore.appendTogether. */
  async appendTogether(appends: readonly UncodedAppend[]): Promise<Appended[]> {
    if (this.store.appendTogether === undefined) throw new Error('this event store writes one stream at a time');
    const coded = await Promise.all(appends.map(({ stream, events }) => this.encode(stream, events)));
    const results = await this.store.appendTogether(appends.map(({ stream, expected }, i) => ({ stream, expected, events: coded[i]! })));
    return appends.map(({ stream, events }, i) => this.committed(stream, events, coded[i]!, results[i]!));
  }

  /** Throws UnknownEventType where the stream holds what this program does not know. */
  async readStream(stream: string, options?: ReadStreamOptions): Promise<RecordedEvent[]> {
    return this.catalog.decode(await this.store.readStream(stream, options), this.keys, 'refuse');
  }

  decode(events: readonly StoredEvent[]): Promise<RecordedEvent[]> {
    return this.catalog.decode(events, this.keys, 'keep');
  }

  /** For read models: what is personal stays sealed, so that next to nothing is decrypted. */
  decodeSealed(events: readonly StoredEvent[]): Promise<RecordedEvent[]> {
    return this.catalog.decodeSealed(events, this.keys);
  }

  private encode(stream: string, events: readonly UncodedEvent[]): Promise<NewEvent[]> {
    return Promise.all(events.map((event) => this.catalog.encode(stream, event, this.keys)));
  }

  private committed(stream: string, events: readonly UncodedEvent[], coded: readonly NewEvent[], { revision, position, written }: AppendResult): Appended {
    if (written === undefined || coded.length === 0) return { revision, position, events: undefined };
    const { firstPosition, recordedAt } = written;
    const firstRevision = revision - BigInt(coded.length - 1);
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
    return { revision, position, events: recorded };
  }
}
