import type { Scope } from './scope.js';

/** A key as the guard needs it; of its secret only `hash`, the SHA-256 of the 32 random bytes in lower-case hex. */
export interface KnownApiKey {
  readonly keyId: string;
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  readonly hash: string;
  readonly expiresAt: string | null;
}

/** All keys that were issued and not revoked. Answers from memory, at once. */
export interface ApiKeyDirectory {
  find(keyId: string): KnownApiKey | undefined;
}

export const API_KEY_DIRECTORY = Symbol('ApiKeyDirectory');

/** Which tenants there are. Answers from memory, at once. */
export interface TenantStatuses {
  statusOf(tenantId: string): 'active' | 'retired' | undefined;
}

export const TENANT_STATUSES = Symbol('TenantStatuses');
