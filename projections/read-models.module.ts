import { Module, type Type } from '@nestjs/common';
import type { Clock, Random } from '../src/kernel/clock.js';
import { EventLog } from '../src/platform/event-store/event-log.js';
import { LIVE_FANOUT, type LiveFanout } from '../src/platform/http/live-fanout.port.js';
import { LiveBoards } from '../src/platform/http/live/live-boards.js';
import { LiveController } from '../src/platform/http/live/live.controller.js';
import { CLOCK, RANDOM } from '../src/platform/http/tokens.js';
import { ALARMS, type Alarms } from '../src/platform/observability/alarms.port.js';
import { Database } from '../src/platform/postgres/database.js';
import { SealedRows } from '../src/platform/privacy/sealed-text.js';
import { AgentActivityController } from './agent-board/agent-activity.controller.js';
import { AgentActivityQueries } from './agent-board/agent-activity.js';
import { AgentBoardController } from './agent-board/agent-board.controller.js';
import { AgentBoardQueries } from './agent-board/agent-board.queries.js';
import { CallHistoryController } from './call-history/call-history.controller.js';
import { CallHistoryQueries } from './call-history/call-history.queries.js';
import { ConfigurationQueries } from './configuration/configuration.queries.js';
import { liveBoardsOf } from './live-boards.js';
import { LiveCallsController } from './live-calls/live-calls.controller.js';
import { LiveCallsQueries } from './live-calls/live-calls.queries.js';
import { MediaNodeGapsController } from './media-node-gaps/media-node-gaps.controller.js';
import { MediaNodeGapsQueries } from './media-node-gaps/media-node-gaps.queries.js';
import { QueueBoardController } from './queue-board.controller.js';
import { QueueBoard } from './queue-board.js';
import { QueueStatisticsController } from './queue-statistics/queue-statistics.controller.js';
import { QueueStatisticsQueries } from './queue-statistics/queue-statistics.queries.js';
import type { TenantDatabase } from './shared/reading.js';
import { QUEUE_EXISTS, StateHistoryController } from './state-history/state-history.controller.js';
import { StateHistoryQueries } from './state-history/state-history.queries.js';

const onDatabase = <T extends object>(Queries: Type<T> & (new (database: TenantDatabase) => T)) => ({ provide: Queries, useFactory: (database: Database) => new Queries(database), inject: [Database] });

const onSealed = <T extends object>(Queries: Type<T> & (new (database: TenantDatabase, sealed: SealedRows) => T)) => ({ provide: Queries, useFactory: (database: Database, log: EventLog) => new Queries(database, new SealedRows(log.keys)), inject: [Database, EventLog] });

/** The routes that read, and the boards that can be watched. */
@Module({
  controllers: [CallHistoryController, LiveCallsController, AgentBoardController, AgentActivityController, QueueBoardController, QueueStatisticsController, StateHistoryController, MediaNodeGapsController, LiveController],
  providers: [
    onSealed(CallHistoryQueries), onSealed(LiveCallsQueries), onSealed(AgentBoardQueries), onDatabase(AgentActivityQueries), onDatabase(QueueStatisticsQueries), onDatabase(StateHistoryQueries), onSealed(ConfigurationQueries),
    onDatabase(MediaNodeGapsQueries),
    {
      provide: QueueBoard,
      useFactory: (configuration: ConfigurationQueries, calls: LiveCallsQueries, agents: AgentBoardQueries) => new QueueBoard(configuration, calls, agents),
      inject: [ConfigurationQueries, LiveCallsQueries, AgentBoardQueries],
    },
    { provide: QUEUE_EXISTS, useFactory: (board: QueueBoard) => (tenantId: string, queueId: string) => board.exists(tenantId, queueId), inject: [QueueBoard] },
    {
      provide: LiveBoards,
      useFactory: (calls: LiveCallsQueries, agents: AgentBoardQueries, queues: QueueBoard, fanout: LiveFanout, clock: Clock, alarms: Alarms, random: Random) => new LiveBoards(liveBoardsOf(calls, agents, queues), { fanout, clock, alarms, random }),
      inject: [LiveCallsQueries, AgentBoardQueries, QueueBoard, LIVE_FANOUT, CLOCK, ALARMS, RANDOM],
    },
  ],
})
export class ReadModelsModule {}
