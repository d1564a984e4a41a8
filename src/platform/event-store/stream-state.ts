import type { Command } from '../../kernel/command.js';
import type { Decider } from '../../kernel/decider.js';
import { DomainError } from '../../kernel/errors.js';
import type { DomainEvent, Json, RecordedEvent } from '../../kernel/event.js';
import { eventIdOf } from './deterministic-ids.js';
import type { UncodedEvent } from './event-log.js';

export type AnyDecider = Decider<unknown, Command, DomainEvent>;

/** What the executor knows of a stream. */
export interface StreamState {
  state: unknown;
  revision: bigint | 'no_stream';
  tenantId: string | undefined;
  /** The last commands and what they wrote, oldest first. */
  commands: Map<string, { readonly position: bigint; readonly revision: bigint }>;
  eventsSinceSnapshot: number;
}

const REMEMBERED_COMMANDS = 256;

export const stateBefore = (decider: AnyDecider): StreamState => ({ state: decider.initialState, revision: 'no_stream', tenantId: undefined, commands: new Map(), eventsSinceSnapshot: 0 });

export const nextRevision = ({ revision }: Pick<StreamState, 'revision'>): bigint => (revision === 'no_stream' ? 0n : revision + 1n);

export const remember = (state: StreamState, commandId: string, written: { readonly position: bigint; readonly revision: bigint }): void => {
  state.commands.set(commandId, written);
  if (state.commands.size > REMEMBERED_COMMANDS) {
    for (const oldest of state.commands.keys()) {
      state.commands.delete(oldest);
      break;
    }
  }
};

/**
 * Decides a command and folds what it leads to into `state`. Answers with the events to append; throws the
 * decider's refusal, or that there is nothing of this tenant's.
 */
export const decideInto = (decider: AnyDecider, state: StreamState, command: Command): UncodedEvent[] => {
  const { meta } = command;
  if (state.tenantId !== undefined && state.tenantId !== meta.tenantId) {
    throw new DomainError('not-found', 'not-found', `there is no ${decider.category} with this id`);
  }
  const decided = decider.decide(command, state.state);
  if (decided.length > 0) state.tenantId ??= meta.tenantId;
  return decided.map((event, offset) => {
    const occurredAt = event.occurredAt ?? meta.at;
    state.state = decider.evolve(state.state, { ...event, occurredAt });
    return {
      id: eventIdOf(meta.commandId, offset),
      type: event.type,
      data: event.data as Json,
      metadata: { tenantId: meta.tenantId, occurredAt, commandId: meta.commandId, $correlationId: meta.correlationId, $causationId: meta.causationId, actor: meta.actor },
    };
  });
};

/** An event that a program of this version may go on without: it counts as one of the stream's, and says nothing. */
export const passOver = (into: StreamState, event: RecordedEvent): void => {
  into.revision = event.revision;
  into.tenantId ??= event.metadata.tenantId;
  remember(into, event.metadata.commandId, { position: event.position, revision: event.revision });
};

export const applyRecorded = (decider: AnyDecider, into: StreamState, event: RecordedEvent): void => {
  into.state = decider.evolve(into.state, { type: event.type, data: event.data, occurredAt: event.metadata.occurredAt });
  passOver(into, event);
};
