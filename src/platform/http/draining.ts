import type { ReadinessCheck } from './readiness.port.js';

/** What the HTTP server's hooks give. */
interface Server {
  addHook(name: 'onSend', hook: (request: unknown, reply: { header(name: string, value: string): unknown }, payload: unknown, done: (error: null, payload: unknown) => void) => void): unknown;
}

/**
 * The time between being asked to stop and stopping: `/ready` says no, so that a load balancer looks
 * elsewhere, and what still comes is answered, each answer being the last on its connection.
 */
export class Draining {
  private begun = false;

  constructor(server: Server) {
    server.addHook('onSend', (_request, reply, payload, done) => {
      if (this.begun) reply.header('connection', 'close');
      done(null, payload);
    });
  }

  begin(): void {
    this.begun = true;
  }

  check(): ReadinessCheck {
    return { name: 'staying', failure: 'stopping', problem: () => Promise.resolve(this.begun ? { code: 'stopping', reason: 'this process was asked to stop' } : undefined) };
  }
}
