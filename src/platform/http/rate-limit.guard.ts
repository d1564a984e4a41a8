import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { HttpReply, HttpRequest } from './http-request.js';
import { HttpProblem } from './problem.js';
import { RATE_LIMITER, type RateLimiter } from './rate-limit.port.js';
import { HTTP_OPTIONS, type HttpOptions } from './tokens.js';

const MINUTE_MS = 60_000;

/** Counts the requests of each key. Runs after the AccessGuard: what has no key is refused already. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    @Inject(RATE_LIMITER) private readonly limiter: RateLimiter,
    @Inject(HTTP_OPTIONS) private readonly options: HttpOptions,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { access } = context.switchToHttp().getRequest<HttpRequest>();
    if (access === undefined) return true;
    const limit = this.options.requestsPerMinute;
    const { allowed, remaining, resetMs } = await this.limiter.hit(access.keyId, limit, MINUTE_MS);
    const reset = Math.ceil(resetMs / 1000);
    context.switchToHttp().getResponse<HttpReply>().header('ratelimit-limit', limit).header('ratelimit-remaining', remaining).header('ratelimit-reset', reset);
    if (allowed) return true;
    throw new HttpProblem(429, 'rate-limited', `this key may make ${limit} requests in a minute; try again in ${reset} s`, undefined, { 'retry-after': String(reset) });
  }
}
