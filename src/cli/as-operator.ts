import { type Clock, isoTime, type Random } from '../kernel/clock.js';
import { streamOf } from '../kernel/streams.js';
import type { CommandDispatcher } from '../platform/event-store/command-dispatcher.js';
import type { CommandResult } from '../platform/event-store/command-executor.js';

/** Issues commands as the operator at the terminal, for what there is no API key yet. */
export class AsOperator {
  constructor(
    private readonly dispatcher: CommandDispatcher,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly tenantId: string,
  ) {}

  do(category: string, id: string, type: string, data: unknown): Promise<CommandResult> {
    const commandId = this.random.uuid();
    const meta = { commandId, tenantId: this.tenantId, at: isoTime(this.clock.now()), actor: { kind: 'operator' as const, id: 'cli' }, correlationId: commandId, causationId: commandId };
    return this.dispatcher.dispatch(streamOf(category, id), { type, data, meta });
  }
}
