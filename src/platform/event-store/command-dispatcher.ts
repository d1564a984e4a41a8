import type { Command } from '../../kernel/command.js';
import type { Decider } from '../../kernel/decider.js';
import type { DomainEvent } from '../../kernel/event.js';
import { categoryOf } from '../../kernel/streams.js';
import type { CommandExecutor, CommandResult } from './command-executor.js';

/** Any decider; the concrete types are given up where commands come as data (processes, timers). */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type SomeDecider = Decider<any, any, any>;

/** Finds the decider of a stream by its category and carries the command out. */
export class CommandDispatcher {
  private readonly deciders: ReadonlyMap<string, Decider<unknown, Command, DomainEvent>>;

  constructor(
    private readonly executor: CommandExecutor,
    deciders: readonly SomeDecider[],
  ) {
    this.deciders = new Map(deciders.map((decider) => [decider.category, decider as Decider<unknown, Command, DomainEvent>]));
  }

  /** Rejects with the decider's DomainError when it refuses. */
  async dispatch(stream: string, command: Command): Promise<CommandResult> {
    const decider = this.deciders.get(categoryOf(stream));
    if (decider === undefined) throw new Error(`no decider for ${stream}`);
    return this.executor.execute(decider, stream, command);
  }
}
