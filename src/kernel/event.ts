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
  /** See EventSpec.readableBy; only where it was said when the event was written. */
  readonly readableBy?: number;
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
  /** The personal fields as texts that only the person's key opens, the same before and after it is destroyed: what a read model keeps. */
  readonly sealed?: Readonly<Record<string, string>>;
}

/** A RecordedEvent that narrows `data` by `type` over the union E. */
export type Recorded<E extends DomainEvent> = E extends DomainEvent ? RecordedEvent<E> : never;

/** What an erased person's fields read as once their key is destroyed. */
export const ERASED = '[erased]';

/** Turns the data of schema version n into that of n + 1. Pure. */
export type Upcaster = (data: Record<string, Json | undefined>) => Record<string, Json | undefined>;

/** Which fields of an event are personal, and whose they are. A null or absent field stays as it is. */
export interface PersonalFields {
  /** Top-level fields that are encrypted. */
  readonly fields: readonly string[];
  /** The field with the opaque id of the person under whose key they are. */
  readonly subject: string;
  /** Of these, those that hold a phone number: each is under the key of whoever has that number. */
  readonly numbers?: readonly string[];
  /** Of these, objects whose own fields are encrypted one by one: `numbers` and `subjects` name them like the others. */
  readonly objects?: readonly string[];
  /** Fields with a subject of their own: it counts where the event has it. */
  readonly subjects?: Readonly<Record<string, string>>;
}

/**
 * How the catalog treats one event type.
 * `version` is the schema version written today; `upcasters[n]` lifts version n to n + 1.
 * `personal` says what is encrypted, each field under the key of the person whom it is about.
 */
export interface EventSpec {
  readonly version: number;
  /**
   * The oldest schema version whose readers may take this one for theirs, because what is new are fields
   * that they can do without; 0: who does not know the type at all may pass it over. Left out: whoever is
   * older does not read it, and what depends on it waits for the newer program.
   */
  readonly readableBy?: number;
  readonly upcasters?: Readonly<Record<number, Upcaster>>;
  readonly personal?: PersonalFields;
}

/** One spec for each type of the union: forgetting one does not compile. */
export type EventSpecs<E extends DomainEvent> = { readonly [T in E['type']]: EventSpec };
