import type { Command } from '../../../kernel/command.js';
import { conflict, invalid, notFound, requireText } from '../../../kernel/checks.js';
import { msOf } from '../../../kernel/clock.js';
import type { Decider } from '../../../kernel/decider.js';
import { apiKeyEventSpecs, type ApiKeyEvent, type Scope } from './api-key.events.js';

export type ApiKeyCommand =
  /** `hash`: SHA-256 of the key's 32 random bytes, lower-case hex. `expiresAt` null: never. */
  | Command<'IssueApiKey', { readonly keyId: string; readonly tenantId: string; readonly name: string; readonly scopes: readonly Scope[]; readonly hash: string; readonly expiresAt: string | null }>
  | Command<'RevokeApiKey', { readonly reason: string }>;

export interface ApiKeyState {
  readonly status: 'none' | 'issued' | 'revoked';
  readonly keyId: string;
}

const SCOPES: readonly Scope[] = ['operator', 'admin', 'calls:write', 'calls:read', 'agents:write', 'reports:read', 'audit:read', 'persons:erase'];

const check = ({ data, meta }: Extract<ApiKeyCommand, { type: 'IssueApiKey' }>): void => {
  const { tenantId, name, scopes, hash, expiresAt } = data;
  if (tenantId !== meta.tenantId) throw invalid('foreign-tenant', 'a key is issued under the tenant that it opens');
  requireText('invalid-key-name', 'the name of the key', name, 100);
  if (scopes.length === 0 || new Set(scopes).size < scopes.length || scopes.some((scope) => !SCOPES.includes(scope))) {
    throw invalid('invalid-scopes', `scopes must be one or more of ${SCOPES.join(', ')}, each once`);
  }
  if (!/^[0-9a-f]{64}$/.test(hash)) throw invalid('invalid-key-hash', 'hash must be 64 lower-case hexadecimal digits');
  if (expiresAt !== null && !(msOf(expiresAt) > msOf(meta.at))) throw invalid('invalid-expiry', 'expiresAt must be an ISO 8601 time that lies ahead, or null');
};

export const apiKeyDecider: Decider<ApiKeyState, ApiKeyCommand, ApiKeyEvent> = {
  category: 'apiKey',
  version: 1,
  eventTypes: Object.keys(apiKeyEventSpecs) as ApiKeyEvent['type'][],
  initialState: { status: 'none', keyId: '' },
  decide: (command, state) => {
    switch (command.type) {
      case 'IssueApiKey':
        if (state.status !== 'none') throw conflict('api-key-exists', 'a key with this id was issued already; choose another id');
        check(command);
        return [{ type: 'ApiKeyIssued', data: command.data }];
      case 'RevokeApiKey':
        if (state.status === 'none') throw notFound('api-key-not-found', 'there is no such key');
        if (state.status === 'revoked') return [];
        requireText('invalid-revocation-reason', 'the reason', command.data.reason, 200);
        return [{ type: 'ApiKeyRevoked', data: { keyId: state.keyId, reason: command.data.reason } }];
      default:
        command satisfies never;
        return [];
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'ApiKeyIssued':
        return { status: 'issued', keyId: event.data.keyId };
      case 'ApiKeyRevoked':
        return { ...state, status: 'revoked' };
      default:
        event satisfies never;
        return state;
    }
  },
};
