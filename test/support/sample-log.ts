import type { Clock } from '../../src/kernel/clock.js';
import type { DomainEvent, EventMetadata, EventSpec, EventSpecs, Json } from '../../src/kernel/event.js';
import { deterministicId } from '../../src/platform/event-store/deterministic-ids.js';
import { EventCatalog } from '../../src/platform/event-store/event-catalog.js';
import { EventLog, type UncodedEvent } from '../../src/platform/event-store/event-log.js';
import type { EventStore } from '../../src/platform/event-store/event-store.port.js';
import { InMemoryEventStore } from '../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySubjectKeys } from '../../src/platform/privacy/in-memory-subject-keys.js';
import type { SubjectKeys } from '../../src/platform/privacy/subject-keys.port.js';

/** Events of no aggregate, for tests of what carries events. */
export type SampleEvent =
  | DomainEvent<'Counted', { readonly counterId: string; readonly by: number }>
  | DomainEvent<'Noted', { readonly counterId: string; readonly personId: string; readonly text: string | null }>
  | DomainEvent<'Reset', { readonly counterId: string }>;

export const sampleSpecs: EventSpecs<SampleEvent> = {
  Counted: { version: 1 },
  Noted: { version: 1, personal: { fields: ['text'], subject: 'personId' } },
  Reset: { version: 1 },
};

export const sampleCatalog = (more: Readonly<Record<string, EventSpec>> = {}): EventCatalog => new EventCatalog(sampleSpecs, more);

export const sampleMetadata = (id: string, more: Partial<EventMetadata> = {}): EventMetadata => ({
  tenantId: 'acme',
  occurredAt: '2026-01-01T00:00:00.000Z',
  commandId: id,
  $correlationId: id,
  $causationId: id,
  actor: { kind: 'system', id: 'test' },
  ...more,
});

/** An event with an id made from `key`; the correlation id is the counter's unless given. */
export const sample = <T extends SampleEvent['type']>(key: string, type: T, data: Extract<SampleEvent, { type: T }>['data'], more: Partial<EventMetadata> = {}): UncodedEvent => {
  const id = deterministicId('sample', key);
  return { id, type, data: data as Json, metadata: sampleMetadata(id, { $correlationId: data.counterId, ...more }) };
};

export const counted = (key: string, counterId: string, by = 1, more: Partial<EventMetadata> = {}): UncodedEvent => sample(key, 'Counted', { counterId, by }, more);

export interface SampleLog {
  readonly log: EventLog;
  readonly keys: SubjectKeys;
  /** Appends each event to the stream `counter-<counterId>`. */
  write(...events: readonly UncodedEvent[]): Promise<bigint>;
}

export const sampleLog = (clock: Clock, options: { readonly store?: EventStore; readonly keys?: SubjectKeys; readonly catalog?: EventCatalog } = {}): SampleLog => {
  const keys = options.keys ?? new InMemorySubjectKeys();
  const log = new EventLog(options.store ?? new InMemoryEventStore({ clock }), options.catalog ?? sampleCatalog(), keys);
  return {
    log,
    keys,
    write: async (...events) => {
      let position = 0n;
      for (const event of events) position = (await log.append(`counter-${(event.data as { counterId: string }).counterId}`, 'any', [event])).position;
      return position;
    },
  };
};
