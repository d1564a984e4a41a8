import type { Page, PageRequest } from '../src/platform/http/pages.js';
import type { BoardRows, LiveBoard } from '../src/platform/http/live/live-board.port.js';
import type { AgentBoardQueries } from './agent-board/agent-board.queries.js';
import type { LiveCallsQueries } from './live-calls/live-calls.queries.js';
import { QUEUE_BOARD_MODELS, type QueueBoard } from './queue-board.js';

const PAGE = 1_000;

const allPages = async (limit: number, pageAt: (request: PageRequest) => Promise<Page<object>>): Promise<BoardRows> => {
  const rows: object[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await pageAt({ limit: Math.min(PAGE, limit - rows.length), cursor });
    rows.push(...page.items);
    if (page.next === null || rows.length >= limit) return { rows, complete: page.next === null };
    cursor = page.next;
  }
};

/** What can be watched over HTTP. */
export const liveBoardsOf = (calls: LiveCallsQueries, agents: AgentBoardQueries, queues: QueueBoard): readonly LiveBoard[] => [
  { name: 'calls', models: ['live-calls'], keyField: 'callId', rows: (tenantId, limit) => allPages(limit, (page) => calls.list(tenantId, {}, page)) },
  { name: 'agents', models: ['agent-board'], keyField: 'agentId', rows: (tenantId, limit) => allPages(limit, (page) => agents.list(tenantId, {}, page)) },
  {
    name: 'queues',
    models: QUEUE_BOARD_MODELS,
    keyField: 'queueId',
    rows: async (tenantId, limit) => {
      const rows = await queues.list(tenantId);
      return { rows: rows.slice(0, limit), complete: rows.length <= limit };
    },
  },
];
