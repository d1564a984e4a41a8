import { Module } from '@nestjs/common';
import { ApiKeysController } from './api-keys/api/api-keys.controller.js';
import { IssueKeyHandler, RevokeKeyHandler } from './api-keys/commands/api-key.handler.js';
import { PersonsController } from './persons/api/persons.controller.js';
import { ErasePersonHandler } from './persons/commands/person.handler.js';
import { TenantsController } from './tenants/api/tenants.controller.js';
import { CommandTenantHandler } from './tenants/commands/tenant.handler.js';

@Module({
  controllers: [TenantsController, ApiKeysController, PersonsController],
  providers: [CommandTenantHandler, IssueKeyHandler, RevokeKeyHandler, ErasePersonHandler],
})
export class IdentityModule {}
