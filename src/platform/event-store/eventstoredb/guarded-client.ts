import { EventStoreDBClient } from '@eventstore/db-client';
import type { Duplex, Stream } from 'node:stream';
import type { Clock } from '../../../kernel/clock.js';
import { CallEnded, messageOf } from './errors.js';

/** The generated gRPC clients, as far as they are wrapped here. */
interface GrpcClient {
  close(): void;
  batchAppend(...args: unknown[]): Duplex & { cancel(): void };
  getSupportedMethods(request: unknown, options: { deadline: number }, done: Answer): unknown;
}
type Answer = (error: (Error & { code?: number }) | null, answer?: unknown) => void;

/** The two methods of the client, protected in its types, through which every call of it goes. */
interface Innards {
  GRPCStreamCreator(kind: unknown, name: string, create: (grpc: GrpcClient) => Stream, cache?: unknown): () => Promise<Stream>;
  execute(kind: unknown, name: string, action: (grpc: GrpcClient) => Promise<unknown>): Promise<unknown>;
}

const UNAVAILABLE = 14;
const UNIMPLEMENTED = 12;

/**
 * The npm client with four of its defects made harmless, at the two methods that all its calls
 * pass. They can only be met inside, and all of them stall or end the process:
 *
 * - The stream that carries all appends can be ended cleanly by the server; the appends on it, and
 *   all later ones, would wait for ever. Here that counts as an error.
 * - A second or late answer to an append throws inside the stream's handler. Here it is dropped.
 * - An append that waits for the stream to drain when that fails becomes an unhandled rejection.
 *   Here nothing waits for it: what is in flight is bounded by those who append.
 * - What the server supports is asked once, without a time limit, and some failures are kept for
 *   ever. Here the question has a limit, and each failure counts as "unavailable": the client then
 *   asks anew.
 */
export class GuardedClient {
  readonly client: EventStoreDBClient;
  /** Answers to appends so far; unchanged over an append that timed out means that the stream is dead. */
  appendAnswers = 0;
  private appendStream: { cancel(): void } | undefined;
  private latest: GrpcClient | undefined;

  /** `featuresMs`: how long the server may take to say what it supports. Throws on a connection string that is none. */
  constructor(connectionString: string, clock: Clock, featuresMs: number) {
    this.client = EventStoreDBClient.connectionString(connectionString);
    const innards = this.client as unknown as Innards;
    const { GRPCStreamCreator: create, execute } = innards;
    if (typeof create !== 'function' || typeof execute !== 'function') {
      throw new Error('this version of @eventstore/db-client is not the 6.2.1 that the adapter was made for');
    }
    innards.GRPCStreamCreator = (kind, name, creator, cache) =>
      create.call(this.client, kind, name, (grpc) => creator(this.withAppendGuard(grpc)), cache);
    innards.execute = (kind, name, action) =>
      execute.call(this.client, kind, name, (grpc) => action(withFeaturesDeadline(this.seen(grpc), () => clock.now() + featuresMs)));
  }

  /** Cuts the stream of the appends, so that those on it fail and the next one opens a new stream. */
  dropAppendStream(): void {
    this.appendStream?.cancel();
  }

  /** Cancels every call and closes the connection, which the client itself leaves open. */
  async close(): Promise<void> {
    await this.client.dispose();
    this.latest?.close();
  }

  private seen(grpc: GrpcClient): GrpcClient {
    this.latest = grpc;
    return grpc;
  }

  private withAppendGuard(grpc: GrpcClient): GrpcClient {
    this.seen(grpc);
    return overlay(grpc, {
      batchAppend: (...args: unknown[]) => {
        const call = grpc.batchAppend(...args);
        this.appendStream = call;
        return this.guarded(call);
      },
    });
  }

  private guarded<T extends Duplex>(call: T): T {
    const on = call.on.bind(call) as (event: string, listener: (...args: unknown[]) => void) => T;
    const write = call.write.bind(call) as (message: unknown) => boolean;
    let failed = false;
    on('error', () => void (failed = true));
    on('end', () => {
      if (!failed) call.destroy(new CallEnded('the server ended the stream of appends'));
    });
    return Object.assign(call, {
      on: (event: string, listener: (...args: unknown[]) => void): T => on(event, event === 'data' ? this.tolerant(listener) : listener),
      write: (message: unknown): boolean => {
        write(message);
        return true;
      },
    });
  }

  private tolerant(listener: (...args: unknown[]) => void): (...args: unknown[]) => void {
    return (...args) => {
      this.appendAnswers++;
      try {
        listener(...args);
      } catch {
        // The client threw over an answer nobody waits for: the append has its own timer and is retried with its own ids.
      }
    };
  }
}

/** The same client with some methods replaced; the original, which the client uses as a key, stays as it is. */
const overlay = (grpc: GrpcClient, methods: Partial<GrpcClient>): GrpcClient => Object.assign(Object.create(grpc) as GrpcClient, methods);

const withFeaturesDeadline = (grpc: GrpcClient, deadline: () => number): GrpcClient =>
  overlay(grpc, {
    getSupportedMethods: (request: unknown, ...rest: unknown[]) => {
      const done = rest.at(-1) as Answer;
      return grpc.getSupportedMethods(request, { deadline: deadline() }, (error, answer) => {
        if (error === null || error.code === UNIMPLEMENTED) return done(error, answer);
        done(Object.assign(error, { code: UNAVAILABLE, message: `asking what the server supports failed: ${messageOf(error)}` }));
      });
    },
  });
