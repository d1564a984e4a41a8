import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Random } from '../../kernel/clock.js';
import type { HttpReply, HttpRequest } from './http-request.js';
import { problemOf } from './problem.js';

const BODY_LIMIT = 1024 * 1024;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The HTTP server as every route finds it: request ids, limits, and problem documents for what never reaches a route. */
export const serverAdapter = (random: Random): FastifyAdapter => {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    logger: false,
    routerOptions: { maxParamLength: 500 },
    // Only a UUID is taken over, so that nobody's data comes into the log by this header.
    genReqId: (request: { readonly headers: Readonly<Record<string, string | string[] | undefined>> }) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && UUID.test(given) ? given.toLowerCase() : random.uuid();
    },
    forceCloseConnections: 'idle',
    frameworkErrors: (error: unknown, request: unknown, reply: unknown) => {
      const { id } = request as HttpRequest;
      const problem = problemOf(error);
      (reply as HttpReply).header('x-request-id', id).code(problem.status).type('application/problem+json').send(JSON.stringify({ ...problem, requestId: id }));
    },
  });
  // A text is no body that any route wants; without its parser it is refused as such.
  adapter.getInstance().removeContentTypeParser('text/plain');
  return adapter;
};
