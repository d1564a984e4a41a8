import type { Clock, Random } from '../../../kernel/clock.js';
import type { MediaNodeSettings } from '../../contract/configuration-events.js';
import type { NodeListener } from '../../ports/node-listener.port.js';
import type { NodeSession, NodeSessions } from '../../ports/node-sessions.port.js';
import type { EslConnect } from './esl-client.port.js';
import type { FreeswitchGateway } from './freeswitch-gateway.js';
import { MediaNodeSession } from './media-node-session.js';
import { type MediaNodeSessionOptions, SESSION_DEFAULTS, type SessionStatus } from './session-options.js';

/** Sessions to FreeSWITCH nodes; the gateway knows of each as long as it is open. */
export class FreeswitchNodeSessions implements NodeSessions {
  private readonly sessions = new Map<string, MediaNodeSession>();

  constructor(
    private readonly connect: EslConnect,
    private readonly gateway: FreeswitchGateway,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly options: Partial<Omit<MediaNodeSessionOptions, 'nodeId' | 'host' | 'port' | 'password'>> = {},
  ) {}

  open(nodeId: string, { host, port, password }: MediaNodeSettings, listener: NodeListener): NodeSession {
    const session = new MediaNodeSession(this.connect, this.clock, this.random, listener, { ...SESSION_DEFAULTS, ...this.options, nodeId, host, port, password });
    this.sessions.set(nodeId, session);
    this.gateway.add(session);
    return {
      get isReady() {
        return session.isReady;
      },
      start: () => session.start(),
      resynchronise: (cause, message, fromMs) => session.resynchronise(cause, message, fromMs),
      close: async () => {
        if (this.sessions.get(nodeId) === session) {
          this.sessions.delete(nodeId);
          this.gateway.remove(nodeId);
        }
        await session.close();
      },
    };
  }

  /** State of each open session, for an operator. */
  status(): { readonly nodeId: string; readonly status: SessionStatus }[] {
    return [...this.sessions].map(([nodeId, session]) => ({ nodeId, status: session.status() }));
  }
}
