import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { AccessGuard } from './access/access.guard.js';
import { AfterInterceptor } from './after.interceptor.js';
import { CommandMetaInterceptor } from './command-meta.interceptor.js';
import { HealthController } from './health.controller.js';
import { PathIdsGuard } from './path-ids.guard.js';
import { ProblemFilter } from './problem.filter.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { validationPipe } from './validation.js';

/** What holds for every route: the key, the rate, command ids, `?after=`, validation, problem documents. */
@Module({
  controllers: [HealthController],
  providers: [
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_GUARD, useClass: PathIdsGuard },
    { provide: APP_INTERCEPTOR, useClass: CommandMetaInterceptor },
    { provide: APP_INTERCEPTOR, useClass: AfterInterceptor },
    { provide: APP_PIPE, useFactory: validationPipe },
  ],
})
export class HttpModule {}
