import type { AgentBoardQueries, QueueAgents } from './agent-board/agent-board.queries.js';
import type { ConfigurationQueries } from './configuration/configuration.queries.js';
import type { LiveCallsQueries } from './live-calls/live-calls.queries.js';

/** A queue in service as its board shows it. Times ISO 8601 UTC. */
export interface QueueOnBoard extends QueueAgents {
  readonly name: string;
  readonly waiting: number;
  /** Of these, being offered to an agent. */
  readonly offered: number;
  readonly talking: number;
  /** Since when the longest waiting has waited; null where nobody waits. */
  readonly longestSince: string | null;
}

/** The read models that the board is made of. */
export const QUEUE_BOARD_MODELS = ['configuration', 'live-calls', 'agent-board'] as const;

const NOBODY = { waiting: 0, offered: 0, talking: 0, longestSince: null };
const NO_AGENTS = { members: 0, signedIn: 0, ready: 0, onCall: 0, wrapUp: 0, paused: 0 };
const PAGE = 1_000;

/** Puts together what three read models know of the queues; each is as new as its own. */
export class QueueBoard {
  constructor(
    private readonly configuration: Pick<ConfigurationQueries, 'queues' | 'queue'>,
    private readonly calls: Pick<LiveCallsQueries, 'perQueue'>,
    private readonly agents: Pick<AgentBoardQueries, 'perQueue'>,
  ) {}

  /** By queue id. */
  async list(tenantId: string): Promise<QueueOnBoard[]> {
    const [names, calls, agents] = await Promise.all([this.names(tenantId), this.calls.perQueue(tenantId), this.agents.perQueue(tenantId)]);
    const callsOf = new Map(calls.map((queue) => [queue.queueId, queue]));
    const agentsOf = new Map(agents.map((queue) => [queue.queueId, queue]));
    return names.map(({ queueId, name }) => ({ ...NOBODY, ...NO_AGENTS, ...callsOf.get(queueId), ...agentsOf.get(queueId), queueId, name }));
  }

  async exists(tenantId: string, queueId: string): Promise<boolean> {
    return (await this.configuration.queue(tenantId, queueId)) !== undefined;
  }

  private async names(tenantId: string): Promise<{ readonly queueId: string; readonly name: string }[]> {
    const found: { readonly queueId: string; readonly name: string }[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.configuration.queues(tenantId, { status: 'active' }, { limit: PAGE, cursor });
      found.push(...page.items.map(({ queueId, settings }) => ({ queueId, name: settings.name })));
      if (page.next === null) return found;
      cursor = page.next;
    }
  }
}
