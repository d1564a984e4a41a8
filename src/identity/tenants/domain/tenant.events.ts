import type { DomainEvent, EventSpecs } from '../../../kernel/event.js';

export interface TenantSettings {
  readonly name: string;
  /** Country whose way of writing numbers is assumed where a number has no `+`; ISO 3166-1 alpha-2. */
  readonly country: string;
  /** IANA time zone of reports, e.g. Europe/Berlin. */
  readonly timeZone: string;
}

export type TenantEvent =
  | DomainEvent<'TenantCreated', { readonly tenantId: string; readonly settings: TenantSettings }>
  | DomainEvent<'TenantConfigured', { readonly tenantId: string; readonly settings: TenantSettings }>
  | DomainEvent<'TenantRetired', { readonly tenantId: string }>;

export const tenantEventSpecs: EventSpecs<TenantEvent> = {
  TenantCreated: { version: 1 },
  TenantConfigured: { version: 1 },
  TenantRetired: { version: 1 },
};
