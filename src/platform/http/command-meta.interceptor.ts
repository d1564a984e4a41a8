import { createHash } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, from, mergeMap, type Observable, throwError } from 'rxjs';
import { type Clock, isoTime, type Random } from '../../kernel/clock.js';
import { deterministicId } from '../event-store/deterministic-ids.js';
import { canonicalJson } from './canonical-json.js';
import { headerOf, type HttpRequest, pathOf } from './http-request.js';
import { IDEMPOTENCY_KEYS, type IdempotencyKeys } from './idempotency.port.js';
import { HttpProblem, problemOf } from './problem.js';
import { CLOCK, RANDOM } from './tokens.js';

const KEY_SHAPE = /^[\x21-\x7e]{1,255}$/;

/**
 * Gives a request that changes something its command id: made from tenant, route and Idempotency-Key,
 * so that the same request again is the same command; random without the header.
 */
@Injectable()
export class CommandMetaInterceptor implements NestInterceptor {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) private readonly random: Random,
    @Inject(IDEMPOTENCY_KEYS) private readonly keys: IdempotencyKeys,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const { access } = request;
    if (access === undefined || request.method === 'GET' || request.method === 'HEAD') return next.handle();
    const key = headerOf(request, 'idempotency-key');
    if (key === undefined) {
      this.give(request, this.random.uuid());
      return next.handle();
    }
    if (!KEY_SHAPE.test(key)) throw new HttpProblem(422, 'invalid-idempotency-key', 'Idempotency-Key must have 1 to 255 visible ASCII characters and no blank; a UUID will do');
    const route = `${request.method} ${pathOf(request)}`;
    const use = hash(access.tenantId, route, key);
    return from(this.keys.claim(use, hash(access.tenantId, route, key, canonicalJson(request.body)))).pipe(
      mergeMap((claim) => {
        if (claim === 'other-body') throw new HttpProblem(422, 'idempotency-key-reused', 'this Idempotency-Key was used with another body; take a new key for a new request');
        this.give(request, deterministicId(access.tenantId, route, key));
        const handled = next.handle();
        if (claim === 'repeated') return handled;
        // A refusal did nothing; only what may have happened must stay claimed.
        return handled.pipe(catchError((error: unknown) => from(this.afterFailure(use, error)).pipe(mergeMap(() => throwError(() => error)))));
      }),
    );
  }

  private give(request: HttpRequest, commandId: string): void {
    const { access, id } = request;
    if (access === undefined) return;
    request.commandMeta = { commandId, tenantId: access.tenantId, at: isoTime(this.clock.now()), actor: access.actor, correlationId: id, causationId: commandId };
  }

  private async afterFailure(use: string, error: unknown): Promise<void> {
    if (problemOf(error).status < 500) await this.keys.release(use).catch(() => undefined);
  }
}

const hash = (...parts: readonly string[]): string => createHash('sha256').update(parts.join('\u001f')).digest('hex');
