import { type BeforeApplicationShutdown, Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import type { Clock } from '../../kernel/clock.js';
import { CommandExecutor } from '../../platform/event-store/command-executor.js';
import { EventLog } from '../../platform/event-store/event-log.js';
import { CLOCK } from '../../platform/http/tokens.js';
import { ALARMS, type Alarms } from '../../platform/observability/alarms.port.js';
import { Database } from '../../platform/postgres/database.js';
import { JsonCdrReader } from '../adapters/freeswitch/json-cdr-reader.js';
import { PostgresCdrInbox } from '../adapters/postgres/postgres-cdr-inbox.js';
import { SWITCH_CDR_INBOX } from '../ports/switch-cdr-inbox.port.js';
import { SWITCH_CDR_READER } from '../ports/switch-cdr-reader.port.js';
import { SwitchCdrsController } from './api/switch-cdrs.controller.js';
import { CdrDelivery } from './delivery/cdr-delivery.js';

const OPTIONS = { everyMs: 500, maxAttempts: 12 };

@Module({
  controllers: [SwitchCdrsController],
  providers: [
    { provide: SWITCH_CDR_READER, useFactory: () => new JsonCdrReader() },
    { provide: SWITCH_CDR_INBOX, useFactory: (database: Database) => new PostgresCdrInbox(database), inject: [Database] },
    {
      provide: CdrDelivery,
      useFactory: (inbox: PostgresCdrInbox, log: EventLog, executor: CommandExecutor, clock: Clock, alarms: Alarms) => new CdrDelivery({ inbox, log, executor, clock, alarms }, OPTIONS),
      inject: [SWITCH_CDR_INBOX, EventLog, CommandExecutor, CLOCK, ALARMS],
    },
  ],
})
export class SwitchCdrsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(SWITCH_CDR_INBOX) private readonly inbox: PostgresCdrInbox,
    private readonly delivery: CdrDelivery,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.inbox.migrate();
    this.delivery.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.delivery.stop();
  }
}
