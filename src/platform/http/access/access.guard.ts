import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Clock } from '../../../kernel/clock.js';
import { msOf } from '../../../kernel/clock.js';
import { headerOf, type HttpRequest } from '../http-request.js';
import { HttpProblem } from '../problem.js';
import { CLOCK } from '../tokens.js';
import type { Access } from './access.js';
import { PUBLIC_KEY, SCOPES_KEY } from './access.decorators.js';
import { matches, parseApiKey } from './api-key.js';
import { API_KEY_DIRECTORY, type ApiKeyDirectory, type KnownApiKey, TENANT_STATUSES, type TenantStatuses } from './api-key-directory.port.js';
import { allows, type Scope } from './scope.js';

/** Compared with when there is no such key, so that its absence takes the same time. */
const NO_HASH = '0'.repeat(64);

const TENANT_HEADER = 'trunkline-tenant';

/** Lets nobody in without a key, and nobody do what the key's scopes do not allow. A route without declared scopes is closed to all. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(API_KEY_DIRECTORY) private readonly keys: ApiKeyDirectory,
    @Inject(TENANT_STATUSES) private readonly tenants: TenantStatuses,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC_KEY, targets) === true) return true;
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const key = this.authenticate(headerOf(request, 'authorization'));
    const needed = this.reflector.getAllAndOverride<readonly Scope[] | undefined>(SCOPES_KEY, targets) ?? [];
    if (needed.length === 0) throw new Error(`${context.getClass().name}.${context.getHandler().name} declares no scopes`);
    if (!allows(key.scopes, needed)) {
      throw new HttpProblem(403, 'missing-scope', `this needs a key with ${needed.length === 1 ? 'the scope' : 'one of the scopes'} ${needed.join(', ')}`);
    }
    request.access = this.accessOf(key, headerOf(request, TENANT_HEADER));
    return true;
  }

  private authenticate(authorization: string | undefined): KnownApiKey {
    if (authorization === undefined) throw unauthorized('api-key-required', 'send an API key: Authorization: Bearer tl_...');
    const [, text] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    const given = text === undefined ? undefined : parseApiKey(text);
    if (given === undefined) throw unauthorized('invalid-api-key', 'this is no API key; one looks like tl_<id>_<43 characters> and is sent as Authorization: Bearer tl_...');
    const known = this.keys.find(given.keyId);
    const right = matches(given.secret, known?.hash ?? NO_HASH);
    if (known === undefined || !right) throw unauthorized('invalid-api-key', 'the key is wrong or was revoked');
    if (known.expiresAt !== null && msOf(known.expiresAt) <= this.clock.now()) throw unauthorized('api-key-expired', 'the key has expired; use another one');
    if (this.tenants.statusOf(known.tenantId) !== 'active') throw unauthorized('tenant-not-active', 'the tenant of this key is retired, or was never created');
    return known;
  }

  private accessOf(key: KnownApiKey, wanted: string | undefined): Access {
    const { keyId, scopes } = key;
    const operator = scopes.includes('operator');
    const actor = { kind: operator ? ('operator' as const) : ('api-key' as const), id: keyId };
    if (wanted === undefined || wanted === key.tenantId) return { keyId, scopes, actor, tenantId: key.tenantId };
    // A tenant's own key learns nothing about who else there is.
    if (!operator) throw new HttpProblem(403, 'foreign-tenant', 'only an operator’s key may act for another tenant; leave out the header Trunkline-Tenant');
    if (this.tenants.statusOf(wanted) === undefined) throw new HttpProblem(404, 'tenant-not-found', 'the header Trunkline-Tenant names no tenant that there is');
    return { keyId, scopes, actor, tenantId: wanted };
  }
}

const unauthorized = (code: string, message: string): HttpProblem => new HttpProblem(401, code, message, undefined, { 'www-authenticate': 'Bearer realm="trunkline"' });
