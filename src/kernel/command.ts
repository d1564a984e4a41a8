import type { Actor } from './event.js';

/**
 * The circumstances of a command. Deciders have no clock and no randomness: `at` is the time
 * (ISO 8601 UTC), and ids and choices come in the command's data.
 * A command id is used once: the same id again returns the first result.
 */
export interface CommandMeta {
  readonly commandId: string;
  readonly tenantId: string;
  readonly at: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId: string;
}

export interface Command<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
  readonly meta: CommandMeta;
}
