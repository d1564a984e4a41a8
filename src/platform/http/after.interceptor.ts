import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { from, mergeMap, type Observable } from 'rxjs';
import type { HttpRequest } from './http-request.js';
import { HttpProblem } from './problem.js';
import { PROJECTION_PROGRESS, type ProjectionProgress } from './projection-progress.port.js';
import { HTTP_OPTIONS, type HttpOptions } from './tokens.js';

const READ_MODEL_KEY = 'trunkline:read-model';

/** Names what the route reads, so that `?after=<position>` can wait for it. */
export const ReadModel = (model: string): ClassDecorator & MethodDecorator => SetMetadata(READ_MODEL_KEY, model);

/** Holds a query back until its read model has the position in `?after=`. */
@Injectable()
export class AfterInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    @Inject(PROJECTION_PROGRESS) private readonly progress: ProjectionProgress,
    @Inject(HTTP_OPTIONS) private readonly options: HttpOptions,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const { after } = request.query;
    const model = this.reflector.getAllAndOverride<string | undefined>(READ_MODEL_KEY, [context.getHandler(), context.getClass()]);
    if (model === undefined || after === undefined || request.method !== 'GET') return next.handle();
    // What is no position is refused with the rest of the query.
    if (typeof after !== 'string' || !/^\d{1,19}$/.test(after)) return next.handle();
    return from(this.progress.waitFor(model, BigInt(after), this.options.waitForReadModelMs)).pipe(
      mergeMap((reached) => {
        if (!reached) throw new HttpProblem(503, 'read-model-behind', `the read model has not reached position ${after} yet; ask again, or without ?after= for what it has`);
        return next.handle();
      }),
    );
  }
}
