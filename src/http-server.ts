import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ApiParts } from './api-parts.js';
import { AppModule } from './app.module.js';
import { serveOpenApi } from './platform/http/openapi.js';
import { nestLogger, observeRequests } from './platform/http/request-log.js';

export interface HttpServer {
  /** Where it listens, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Takes no more requests, and waits for those that are under way. */
  close(): Promise<void>;
}

export const API_VERSION = '1';

const BODY_LIMIT = 1024 * 1024;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Serves the API. Rejects when the address cannot be listened on. */
export const startHttp = async (parts: ApiParts): Promise<HttpServer> => {
  const { settings, random, logger, metrics, clock } = parts;
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    logger: false,
    // A UUID, so that nobody's data comes into the log by this header.
    genReqId: (request: { readonly headers: Readonly<Record<string, string | string[] | undefined>> }) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && UUID.test(given) ? given.toLowerCase() : random.uuid();
    },
    forceCloseConnections: 'idle',
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(parts), adapter, { logger: nestLogger(logger), abortOnError: false });
  observeRequests(adapter.getInstance() as unknown as Parameters<typeof observeRequests>[0], { logger, metrics, clock });
  serveOpenApi(app, API_VERSION);
  await app.listen(settings.httpPort, settings.httpHost);
  const url = await app.getUrl();
  logger.info({ url }, 'the API listens');
  return { url, close: () => app.close() };
};
