import type { Command } from './command.js';
import type { DomainEvent } from './event.js';

/**
 * The pure heart of an aggregate.
 *
 * `decide` answers a command with the events to record; an empty list means that what was asked
 * is already so. It throws a DomainError to refuse. `evolve` is total over `eventTypes`; the
 * executor refuses to decide on a stream that holds any other type.
 * `category` is the stream name up to the first `-`. `version` changes whenever `State` does, so
 * that older snapshots are left aside. `opens` names commands that nearly always come first in their
 * stream: they are decided on the initial state without looking, and again if that was wrong.
 */
export interface Decider<State, C extends Command, E extends DomainEvent> {
  readonly category: string;
  readonly version: number;
  readonly eventTypes: readonly E['type'][];
  readonly opens?: readonly C['type'][];
  readonly initialState: State;
  decide(command: C, state: State): readonly E[];
  evolve(state: State, event: E & { readonly occurredAt: string }): State;
}
