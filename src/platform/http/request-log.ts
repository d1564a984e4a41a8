import type { LoggerService } from '@nestjs/common';
import { Histogram, type Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { Clock } from '../../kernel/clock.js';
import type { HttpRequest } from './http-request.js';

/** What the HTTP server's hooks give. */
interface Server {
  addHook(name: 'onRequest', hook: (request: HttpRequest, reply: { header(name: string, value: string): unknown }, done: () => void) => void): unknown;
  addHook(name: 'onResponse', hook: (request: HttpRequest, reply: { readonly statusCode: number }, done: () => void) => void): unknown;
}

/**
 * One log line and one measurement per request. Neither has a body, a query, a path or an address in
 * it: a route's pattern, the key and the tenant are all that is told.
 */
export const observeRequests = (server: Server, { logger, metrics, clock }: { readonly logger: Logger; readonly metrics: Registry; readonly clock: Clock }): void => {
  const duration = new Histogram({
    name: 'trunkline_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  });
  const began = new WeakMap<HttpRequest, number>();
  server.addHook('onRequest', (request, reply, done) => {
    began.set(request, clock.now());
    reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const ms = clock.now() - (began.get(request) ?? clock.now());
    const route = request.routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    duration.observe({ method: request.method, route, status }, ms / 1000);
    const { access } = request;
    logger[status >= 500 ? 'warn' : 'info']({ requestId: request.id, method: request.method, route, status, ms, ...(access === undefined ? {} : { keyId: access.keyId, tenantId: access.tenantId }) }, 'request');
    done();
  });
};

/** Nest's own messages, in the same log. */
export const nestLogger = (logger: Logger): LoggerService => {
  const say = (level: 'debug' | 'warn' | 'error' | 'fatal') => (message: unknown, ...more: readonly unknown[]): void => logger[level]({ part: 'nest', context: more.at(-1) }, String(message));
  return { log: say('debug'), debug: say('debug'), verbose: say('debug'), warn: say('warn'), error: say('error'), fatal: say('fatal') };
};
