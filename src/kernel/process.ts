import type { Actor, RecordedEvent } from './event.js';

/**
 * A command that a process issues. Its id is made from the event that caused it and its index,
 * so handling the event again issues the same command again and nothing happens twice.
 * `onRefused` is issued in its place when the target refuses with a DomainError.
 */
export interface ProcessCommand {
  readonly stream: string;
  readonly type: string;
  readonly data: unknown;
  readonly onRefused?: (code: string) => ProcessCommand | undefined;
}

/** Reacts to events with commands, purely; what it needs to know is in the event or in the target's state. */
export interface Process {
  readonly name: string;
  readonly actor: Actor;
  readonly eventTypes: readonly string[];
  /** What the event belongs to: events of one lane are handled in the order of the log, different lanes in parallel. Without it, or where it gives undefined: their correlation id. */
  laneOf?(event: RecordedEvent): string | undefined;
  react(event: RecordedEvent): readonly ProcessCommand[];
}

/** The lane of an event, see Process.laneOf. */
export const laneOf = (process: Process, event: RecordedEvent): string => process.laneOf?.(event) ?? event.metadata.$correlationId;
