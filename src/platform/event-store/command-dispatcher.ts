import type { Command } from '../../kernel/command.js';
import type { Decider } from '../../kernel/decider.js';
import type { RecordedEvent } from '../../kernel/event.js';
import type { Process } from '../../kernel/process.js';
import { categoryOf } from '../../kernel/streams.js';
import type { FollowUp } from './command-chain.js';
import type { CommandExecutor, CommandResult } from './command-executor.js';
import { processCommandId, processMeta } from './process-command-meta.js';
import type { AnyDecider } from './stream-state.js';

/** Any decider; the concrete types are given up where commands come as data (processes, timers). */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type SomeDecider = Decider<any, any, any>;

/** Finds the decider of a stream by its category and carries the command out. */
export class CommandDispatcher {
  private readonly deciders: ReadonlyMap<string, AnyDecider>;

  constructor(
    private readonly executor: CommandExecutor,
    deciders: readonly SomeDecider[],
  ) {
    this.deciders = new Map(deciders.map((decider) => [decider.category, decider as AnyDecider]));
  }

  /**
   * Rejects with the decider's DomainError when it refuses. What `followedBy` would do about the events is
   * recorded with them where that is possible; it is nothing but sooner, for the processes themselves issue
   * the same commands with the same ids.
   */
  async dispatch(stream: string, command: Command, followedBy: readonly Process[] = []): Promise<CommandResult> {
    const followUps = followedBy.length === 0 ? undefined : (event: RecordedEvent) => this.followUps(followedBy, event, command.meta.at);
    return this.executor.execute(this.deciderOf(stream), stream, command, followUps);
  }

  private deciderOf(stream: string): AnyDecider {
    const decider = this.deciders.get(categoryOf(stream));
    if (decider === undefined) throw new Error(`no decider for ${stream}`);
    return decider;
  }

  private followUps(processes: readonly Process[], event: RecordedEvent, at: string): FollowUp[] {
    return processes.flatMap((process) => {
      if (!process.eventTypes.includes(event.type)) return [];
      return process.react(event).map(({ stream, type, data }, index) => {
        const meta = processMeta(process, event, processCommandId(process, event, index), at);
        return { decider: this.deciderOf(stream), stream, command: { type, data, meta } };
      });
    });
  }
}
