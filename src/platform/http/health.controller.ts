import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Registry } from 'prom-client';
import type { Clock } from '../../kernel/clock.js';
import { Public, Scopes } from './access/access.decorators.js';
import type { HttpReply } from './http-request.js';
import { READINESS, type ReadinessCheck, type ReadinessProblem } from './readiness.port.js';
import { CLOCK, METRICS } from './tokens.js';

interface CheckResult {
  readonly name: string;
  readonly ready: boolean;
  readonly code?: string;
  readonly reason?: string;
}

const PATIENCE_MS = 2_000;

/** For load balancers, orchestrators and Prometheus. */
@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(
    @Inject(READINESS) private readonly checks: readonly ReadinessCheck[],
    @Inject(METRICS) private readonly metrics: Registry,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('live')
  @Public()
  @ApiOperation({ summary: 'Whether the process runs', description: 'Only a process that answers nothing any more is to be restarted. Says nothing about what it depends on: a restart would not help there.' })
  @ApiResponse({ status: 200, description: 'It runs', example: { status: 'ok' } })
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @Public()
  @ApiOperation({ summary: 'Whether the process can serve, and if not, why' })
  @ApiResponse({ status: 200, description: 'All checks are well', example: { status: 'ready', checks: [{ name: 'database', ready: true }] } })
  @ApiResponse({ status: 503, description: 'At least one is not', example: { status: 'not-ready', checks: [{ name: 'database', ready: false, code: 'database-away', reason: 'the database cannot be reached' }] } })
  async ready(@Res({ passthrough: true }) reply: HttpReply): Promise<{ readonly status: 'ready' | 'not-ready'; readonly checks: readonly CheckResult[] }> {
    const checks = await Promise.all(this.checks.map((check) => this.run(check)));
    const ready = checks.every((check) => check.ready);
    reply.code(ready ? 200 : 503);
    return { status: ready ? 'ready' : 'not-ready', checks };
  }

  @Get('metrics')
  @Scopes('operator')
  @ApiOperation({ summary: 'Metrics in the format of Prometheus' })
  @ApiResponse({ status: 200, description: 'Metrics', content: { 'text/plain': { schema: { type: 'string' } } } })
  async prometheus(@Res({ passthrough: true }) reply: HttpReply): Promise<string> {
    reply.type(this.metrics.contentType);
    return this.metrics.metrics();
  }

  private run({ name, failure, problem }: ReadinessCheck): Promise<CheckResult> {
    return new Promise((resolve) => {
      const timer = this.clock.after(PATIENCE_MS, () => resolve({ name, ready: false, code: failure, reason: `did not answer within ${PATIENCE_MS / 1000} s` }));
      const done = (found: ReadinessProblem | undefined): void => {
        timer.cancel();
        resolve(found === undefined ? { name, ready: true } : { name, ready: false, ...found });
      };
      problem().then(done, (error: unknown) => done({ code: failure, reason: error instanceof Error ? error.message : 'it failed' }));
    });
  }
}
