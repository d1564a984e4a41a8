import 'reflect-metadata';
import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ApiParts } from './api-parts.js';
import { AppModule } from './app.module.js';
import { sleep } from './kernel/clock.js';
import { Draining } from './platform/http/draining.js';
import { serveOpenApi } from './platform/http/openapi.js';
import { nestLogger, observeRequests } from './platform/http/request-log.js';
import { silentConnectionsOf } from './platform/http/silent-connections.js';
import { serverAdapter } from './platform/http/server-adapter.js';
import { alarmMeasures } from './platform/observability/alarm-measures.js';
import { serveMeasures } from './platform/observability/measures.js';

export interface HttpServer {
  /** Where it listens, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /**
   * Answers for `drainMs` as before while `/ready` says no; then takes no more requests, and waits for
   * those that are under way.
   */
  close(drainMs?: number): Promise<void>;
}

const API_VERSION = '1';

/** Serves the API, or in a process without that role only how the process is. Rejects when the address cannot be listened on. */
export const startHttp = async (parts: ApiParts, serves: 'api' | 'operations' = 'api'): Promise<HttpServer> => {
  const { settings, random, logger, metrics, clock, alarms } = parts;
  const adapter = serverAdapter(random);
  const draining = new Draining(adapter.getInstance() as unknown as ConstructorParameters<typeof Draining>[0]);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot({ ...parts, readiness: [...parts.readiness, draining.check()] }, serves), adapter, { logger: nestLogger(logger), abortOnError: false });
  observeRequests(adapter.getInstance() as unknown as Parameters<typeof observeRequests>[0], { logger, metrics, clock });
  serveMeasures(metrics, alarmMeasures(alarms));
  if (serves === 'api') serveOpenApi(app, API_VERSION);
  const endSilent = silentConnectionsOf(adapter.getHttpServer() as Server);
  try {
    await app.listen(settings.httpPort, settings.httpHost);
  } catch (error) {
    await app.close();
    throw error;
  }
  const url = await app.getUrl();
  logger.info({ url }, serves === 'api' ? 'the API listens' : 'tells how this process is');
  return {
    url,
    close: async (drainMs = 0) => {
      draining.begin();
      if (drainMs > 0) await sleep(clock, drainMs);
      endSilent();
      await app.close();
    },
  };
};
