import type { DomainEvent, EventSpecs } from '../../../kernel/event.js';

/** What a key may do. `operator` may do all of it for every tenant, and manage tenants, nodes and keys. */
export type Scope = 'operator' | 'admin' | 'calls:write' | 'calls:read' | 'agents:write' | 'reports:read' | 'audit:read' | 'persons:erase';

/** The key itself is shown once and never stored: `hash` is the SHA-256 of its 32 random bytes, hex. */
export type ApiKeyEvent =
  | DomainEvent<'ApiKeyIssued', { readonly keyId: string; readonly tenantId: string; readonly name: string; readonly scopes: readonly Scope[]; readonly hash: string; readonly expiresAt: string | null }>
  | DomainEvent<'ApiKeyRevoked', { readonly keyId: string; readonly reason: string }>;

export const apiKeyEventSpecs: EventSpecs<ApiKeyEvent> = {
  ApiKeyIssued: { version: 1 },
  ApiKeyRevoked: { version: 1 },
};
