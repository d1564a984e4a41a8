import type { GapCause, MediaNodeSettings } from '../contract/configuration-events.js';
import type { NodeListener } from './node-listener.port.js';

/** A connection to a media node that keeps itself up until it is closed. */
export interface NodeSession {
  readonly isReady: boolean;
  start(): void;
  /** We could not keep what the node told since `fromMs`; a new comparison follows. */
  resynchronise(cause: GapCause, message: string, fromMs?: number): void;
  close(): Promise<void>;
}

/** Opens sessions to media nodes; the gateway finds them by node id. */
export interface NodeSessions {
  open(nodeId: string, settings: MediaNodeSettings, listener: NodeListener): NodeSession;
}
