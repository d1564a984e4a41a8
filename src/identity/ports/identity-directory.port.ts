import type { Scope, TenantSettings } from '../contract/identity-events.js';

export interface TenantView {
  readonly tenantId: string;
  readonly status: 'active' | 'retired';
  readonly settings: TenantSettings;
}

/** All tenants that were ever created, from memory. */
export interface TenantDirectory {
  tenants(): readonly TenantView[];
  tenant(tenantId: string): TenantView | undefined;
}

export const TENANT_DIRECTORY = Symbol('TenantDirectory');

export interface ApiKeyView {
  readonly keyId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly status: 'issued' | 'revoked';
  readonly issuedAt: string;
  readonly expiresAt: string | null;
}

/** All keys that were ever issued, from memory, without their secrets' hashes. */
export interface ApiKeyList {
  keysOf(tenantId: string): readonly ApiKeyView[];
  key(keyId: string): ApiKeyView | undefined;
}

export const API_KEY_LIST = Symbol('ApiKeyList');
