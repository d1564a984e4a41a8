import { Module } from '@nestjs/common';
import { ApiKeysController } from './api-keys/api/api-keys.controller.js';
import { IssueKeyHandler, RevokeKeyHandler } from './api-keys/commands/api-key.handler.js';
import { TenantsController } from './tenants/api/tenants.controller.js';
import { CommandTenantHandler } from './tenants/commands/tenant.handler.js';

@Module({
  controllers: [TenantsController, ApiKeysController],
  providers: [CommandTenantHandler, IssueKeyHandler, RevokeKeyHandler],
})
export class IdentityModule {}
