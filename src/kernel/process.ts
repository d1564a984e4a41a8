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
  react(event: RecordedEvent): readonly ProcessCommand[];
}
