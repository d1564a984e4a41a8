import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CommandExecutor } from '../../../platform/event-store/command-executor.js';
import { EventLog } from '../../../platform/event-store/event-log.js';
import { PROJECTION_PROGRESS, type ProjectionProgress } from '../../../platform/http/projection-progress.port.js';
import { HTTP_OPTIONS, type HttpOptions } from '../../../platform/http/tokens.js';
import { ROUTING_CONFIGURATION, type RoutingConfiguration } from '../../../routing/ports/routing-configuration.port.js';
import { TENANT_DIRECTORY, type TenantDirectory } from '../../ports/identity-directory.port.js';
import { PERSON_RECORDINGS, type PersonRecordings } from '../../ports/persons.port.js';
import { ErasePerson } from './person.command.js';
import { type ErasureAsked, PersonEraser } from './person-eraser.js';

@CommandHandler(ErasePerson)
export class ErasePersonHandler implements ICommandHandler<ErasePerson> {
  private readonly eraser: PersonEraser;

  constructor(
    log: EventLog,
    executor: CommandExecutor,
    @Inject(PERSON_RECORDINGS) recordings: PersonRecordings,
    @Inject(ROUTING_CONFIGURATION) agents: RoutingConfiguration,
    @Inject(TENANT_DIRECTORY) tenants: TenantDirectory,
    @Inject(PROJECTION_PROGRESS) progress: ProjectionProgress,
    @Inject(HTTP_OPTIONS) { waitForReadModelMs }: HttpOptions,
  ) {
    this.eraser = new PersonEraser({
      keys: log.keys, executor, recordings, agents,
      countryOf: (tenantId) => tenants.tenant(tenantId)?.settings.country ?? '',
      caughtUp: async () => {
        const head = await log.store.head();
        const models = await Promise.all(['call-history', 'configuration'].map((model) => progress.waitFor(model, head, waitForReadModelMs)));
        return models.every((there) => there);
      },
    });
  }

  execute({ order, meta }: ErasePerson): Promise<ErasureAsked> {
    return this.eraser.erase(order, meta);
  }
}
