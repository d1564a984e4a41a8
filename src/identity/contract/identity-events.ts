export type { ApiKeyEvent, Scope } from '../api-keys/domain/api-key.events.js';
export { apiKeyEventSpecs } from '../api-keys/domain/api-key.events.js';
export type { TenantEvent, TenantSettings } from '../tenants/domain/tenant.events.js';
export { tenantEventSpecs } from '../tenants/domain/tenant.events.js';
