import type { Json, Recorded, RecordedEvent } from '../../../kernel/event.js';
import { SYSTEM_TENANT } from '../../../kernel/tenants.js';
import type { TenantStatuses } from '../../../platform/http/access/api-key-directory.port.js';
import type { LiveFold } from '../../../platform/subscriptions/live-fold.js';
import type { TenantDirectory, TenantView } from '../../ports/identity-directory.port.js';
import type { TenantEvent } from '../domain/tenant.events.js';

/** All tenants that were ever created, with their present settings. */
export class TenantDirectoryFold implements LiveFold, TenantDirectory, TenantStatuses {
  readonly name = 'tenants';
  readonly version = 1;
  readonly eventTypes = ['TenantCreated', 'TenantConfigured', 'TenantRetired'];
  private readonly byId = new Map<string, TenantView>();

  tenants(): readonly TenantView[] {
    return [...this.byId.values()];
  }

  tenant(tenantId: string): TenantView | undefined {
    return this.byId.get(tenantId);
  }

  statusOf(tenantId: string): 'active' | 'retired' | undefined {
    return tenantId === SYSTEM_TENANT ? 'active' : this.byId.get(tenantId)?.status;
  }

  apply(recorded: RecordedEvent): void {
    const event = recorded as Recorded<TenantEvent>;
    const { tenantId } = event.data;
    const before = this.byId.get(tenantId);
    if (event.type !== 'TenantRetired') this.byId.set(tenantId, { tenantId, status: before?.status ?? 'active', settings: event.data.settings });
    else if (before !== undefined) this.byId.set(tenantId, { ...before, status: 'retired' });
  }

  snapshot(): Json {
    return [...this.byId.values()] as unknown as Json;
  }

  restore(state: Json): void {
    for (const tenant of state as unknown as TenantView[]) this.byId.set(tenant.tenantId, tenant);
  }
}
