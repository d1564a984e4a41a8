import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { from, mergeMap, type Observable } from 'rxjs';
import type { HttpRequest } from './http-request.js';
import { HttpProblem } from './problem.js';
import { PROJECTION_PROGRESS, type ProjectionProgress } from './projection-progress.port.js';
import { HTTP_OPTIONS, type HttpOptions } from './tokens.js';

const READ_MODEL_KEY = 'trunkline:read-model';

/** Names what the route reads, so that `?after=<position>` can wait for all of it. */
export const ReadModel = (...models: readonly string[]): ClassDecorator & MethodDecorator => SetMetadata(READ_MODEL_KEY, models);

/** Holds a query back until its read models have the position in `?after=`, and in `?asOf=`: what was known by then must be known here. */
@Injectable()
export class AfterInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    @Inject(PROJECTION_PROGRESS) private readonly progress: ProjectionProgress,
    @Inject(HTTP_OPTIONS) private readonly options: HttpOptions,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const models = this.reflector.getAllAndOverride<readonly string[] | undefined>(READ_MODEL_KEY, [context.getHandler(), context.getClass()]) ?? [];
    // What is no position is refused with the rest of the query.
    const wanted = [request.query['after'], request.query['asOf']].filter((text): text is string => typeof text === 'string' && /^\d{1,19}$/.test(text)).map(BigInt);
    if (models.length === 0 || wanted.length === 0 || request.method !== 'GET') return next.handle();
    const position = wanted.reduce((a, b) => (a > b ? a : b));
    return from(Promise.all(models.map((model) => this.progress.waitFor(model, position, this.options.waitForReadModelMs)))).pipe(
      mergeMap((reached) => {
        if (reached.includes(false)) throw new HttpProblem(503, 'read-model-behind', `the read model has not reached position ${position} yet; ask again, or without ?after= and ?asOf= for what it has`);
        return next.handle();
      }),
    );
  }
}
