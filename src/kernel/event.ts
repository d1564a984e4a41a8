/** JSON as the event log stores it: no Date, no bigint, no undefined, no NaN. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Who caused something. `id` is never a phone number or a name. */
export interface Actor {
  readonly kind: 'user' | 'api-key' | 'agent' | 'switch' | 'process' | 'router' | 'timer' | 'operator' | 'system';
  readonly id: string;
}

/**
 * What a decider says has happened. `occurredAt` is set only where the fact carries its own time
 * (a switch event, say); else the command's `at` counts.
 */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
  /** ISO 8601 UTC, milliseconds. */
  readonly occurredAt?: string;
}

/** `occurredAt` is when it happened (ISO 8601 UTC), the rest is who and why. */
export interface EventMetadata {
  readonly tenantId: string;
  readonly occurredAt: string;
  readonly commandId: string;
  readonly $correlationId: string;
  /** Id of the event or command that led to this one. */
  readonly $causationId: string;
  readonly actor: Actor;
}

/**
 * An event read back from the log, upcast to its newest shape and decrypted.
 * `revision` counts from 0 within the stream; `position` orders the whole log.
 * `recordedAt` never decreases along the log.
 */
export interface RecordedEvent<E extends DomainEvent = DomainEvent> {
  readonly id: string;
  readonly type: E['type'];
  readonly schemaVersion: number;
  readonly data: E['data'];
  readonly metadata: EventMetadata;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly recordedAt: string;
}

/** A RecordedEvent that narrows `data` by `type` over the union E. */
export type Recorded<E extends DomainEvent> = E extends DomainEvent ? RecordedEvent<E> : never;

/** What an erased person's fields read as once their key is destroyed. */
export const ERASED = '[erased]';

/** Turns the data of schema version n into that of n + 1. Pure. */
export type Upcaster = (data: Record<string, Json | undefined>) => Record<string, Json | undefined>;

/**
 * How the catalog treats one event type.
 * `version` is the schema version written today; `upcasters[n]` lifts version n to n + 1.
 * `personal` names the top-level fields that are encrypted, under the key of the person whose
 * opaque id stands in the field `subject`. A null or absent field stays as it is.
 */
export interface EventSpec {
  readonly version: number;
  readonly upcasters?: Readonly<Record<number, Upcaster>>;
  readonly personal?: { readonly fields: readonly string[]; readonly subject: string };
}

/** One spec for each type of the union: forgetting one does not compile. */
export type EventSpecs<E extends DomainEvent> = { readonly [T in E['type']]: EventSpec };
