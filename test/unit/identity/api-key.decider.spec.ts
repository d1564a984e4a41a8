import { apiKeyDecider } from '../../../src/identity/api-keys/domain/api-key.decider.js';
import type { ApiKeyEvent, Scope } from '../../../src/identity/api-keys/domain/api-key.events.js';
import { inSeconds, NOW, specify } from '../../support/decider-spec.js';

const { given } = specify(apiKeyDecider);
const issue = { keyId: 'k1', tenantId: 'acme', name: 'Reports', scopes: ['reports:read'] as Scope[], hash: 'ab'.repeat(32), expiresAt: null };
const issued: ApiKeyEvent = { type: 'ApiKeyIssued', data: issue };
const revoked: ApiKeyEvent = { type: 'ApiKeyRevoked', data: { keyId: 'k1', reason: 'lost' } };

describe('an API key', () => {
  it('is issued once', () => {
    given().when('IssueApiKey', issue).then(issued);
    given(issued).when('IssueApiKey', issue).thenRejects('api-key-exists');
    given(issued, revoked).when('IssueApiKey', issue).thenRejects('api-key-exists');
  });
  it('may end by itself', () => given().when('IssueApiKey', { ...issue, expiresAt: inSeconds(60) }).then({ type: 'ApiKeyIssued', data: { ...issue, expiresAt: inSeconds(60) } }));
  it.each([
    ['foreign-tenant', { tenantId: 'other' }],
    ['invalid-key-name', { name: '' }],
    ['invalid-scopes', { scopes: [] }],
    ['invalid-scopes', { scopes: ['everything' as Scope] }],
    ['invalid-scopes', { scopes: ['admin', 'admin'] as Scope[] }],
    ['invalid-key-hash', { hash: 'AB'.repeat(32) }],
    ['invalid-key-hash', { hash: 'secret' }],
    ['invalid-expiry', { expiresAt: NOW }],
    ['invalid-expiry', { expiresAt: 'tomorrow' }],
  ])('is refused with %s for %j', (code, change) => given().when('IssueApiKey', { ...issue, ...change }).thenRejects(code));
  it('is revoked for good', () => {
    given(issued).when('RevokeApiKey', { reason: 'lost' }).then(revoked);
    given(issued, revoked).when('RevokeApiKey', { reason: 'again' }).thenNothing();
    given(issued).when('RevokeApiKey', { reason: '' }).thenRejects('invalid-revocation-reason');
    given().when('RevokeApiKey', { reason: 'lost' }).thenRejects('api-key-not-found');
  });
});
