import { Module } from '@nestjs/common';
import { CommandTenantHandler } from './tenants/commands/tenant.handler.js';
import { TenantsController } from './tenants/api/tenants.controller.js';

@Module({
  controllers: [TenantsController],
  providers: [CommandTenantHandler],
})
export class IdentityModule {}
