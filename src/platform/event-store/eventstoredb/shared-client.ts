import type { Clock } from '../../../kernel/clock.js';
import { GuardedClient } from './guarded-client.js';

interface Entry {
  readonly guarded: GuardedClient;
  users: number;
}

const clients = new Map<string, Entry>();

/** A use of the one client that this process has for a connection string. */
export interface SharedClient {
  readonly guarded: GuardedClient;
  /** Gives it back; the last one to do so closes the client. */
  release(): Promise<void>;
}

/**
 * One client per process and connection string: an error on the append stream of one client
 * rejects the pending appends of all clients in the process, so a second one only adds danger.
 */
export const shareClient = (connectionString: string, clock: Clock, featuresMs: number): SharedClient => {
  const entry = clients.get(connectionString) ?? { guarded: new GuardedClient(connectionString, clock, featuresMs), users: 0 };
  clients.set(connectionString, entry);
  entry.users++;
  let released = false;
  return {
    guarded: entry.guarded,
    release: async () => {
      if (released) return;
      released = true;
      entry.users--;
      if (entry.users > 0) return;
      clients.delete(connectionString);
      await entry.guarded.close();
    },
  };
};
