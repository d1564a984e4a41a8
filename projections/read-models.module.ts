import { Module, type Type } from '@nestjs/common';
import { Database } from '../src/platform/postgres/database.js';
import { AgentActivityController } from './agent-board/agent-activity.controller.js';
import { AgentActivityQueries } from './agent-board/agent-activity.js';
import { AgentBoardController } from './agent-board/agent-board.controller.js';
import { AgentBoardQueries } from './agent-board/agent-board.queries.js';
import { CallHistoryController } from './call-history/call-history.controller.js';
import { CallHistoryQueries } from './call-history/call-history.queries.js';
import { QueueStatisticsController } from './queue-statistics/queue-statistics.controller.js';
import { QueueStatisticsQueries } from './queue-statistics/queue-statistics.queries.js';
import type { TenantDatabase } from './shared/reading.js';

const onDatabase = <T extends object>(Queries: Type<T> & (new (database: TenantDatabase) => T)) => ({ provide: Queries, useFactory: (database: Database) => new Queries(database), inject: [Database] });

/** The routes that read. */
@Module({
  controllers: [CallHistoryController, AgentBoardController, AgentActivityController, QueueStatisticsController],
  providers: [onDatabase(CallHistoryQueries), onDatabase(AgentBoardQueries), onDatabase(AgentActivityQueries), onDatabase(QueueStatisticsQueries)],
})
export class ReadModelsModule {}
