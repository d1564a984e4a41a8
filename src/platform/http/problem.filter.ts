import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { Logger } from 'pino';
import type { HttpReply, HttpRequest } from './http-request.js';
import { LOGGER } from './tokens.js';
import { HttpProblem, problemOf } from './problem.js';

/** Answers everything that is thrown with a problem document, and writes down what is our own mistake. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<HttpRequest>();
    const reply = host.switchToHttp().getResponse<HttpReply>();
    const problem = problemOf(error);
    if (problem.status === 500) this.logger.error({ requestId: request.id, route: request.routeOptions.url, err: error }, 'a request failed');
    if (reply.raw.headersSent) {
      // Half an answer is out already: cutting it is the only way left to say that it is not whole.
      reply.raw.destroy();
      return;
    }
    if (problem.status === 503) reply.header('retry-after', 1);
    if (error instanceof HttpProblem) for (const [name, value] of Object.entries(error.headers)) reply.header(name, value);
    reply.code(problem.status).type('application/problem+json').send(JSON.stringify({ ...problem, requestId: request.id }));
  }
}
