import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall, type ServiceError } from '@grpc/grpc-js';
import featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { StandInAppends, type AppendCounts } from './eventstoredb/stand-in-appends.js';
import { StandInFaults } from './eventstoredb/stand-in-faults.js';
import { StandInLog } from './eventstoredb/stand-in-log.js';
import { StandInReads } from './eventstoredb/stand-in-reads.js';
import type { StandInSubscription } from './eventstoredb/stand-in-subscription.js';
import { failure, supportedMethods } from './eventstoredb/wire.js';

type AppendStream = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;
type AnyCall = { readonly metadata: { get(key: string): unknown[] } };

/**
 * An EventStoreDB node in this process, as far as the engine uses one: the streams and server
 * features services on a loopback port, spoken with the client's own generated definitions, the
 * rules of server 23.10.8 read from its source, and faults on demand. It keeps its log over a
 * restart. It was made because no real server could be had; a real one has the last word.
 */
export class EventStoreStandIn {
  readonly faults = new StandInFaults();
  private server = new Server();
  private port = 0;
  private appendStreams = new Set<AppendStream>();
  private appends: StandInAppends;
  private reads: StandInReads;

  private constructor(readonly log: StandInLog) {
    const refusal = (call: AnyCall): ServiceError | undefined => this.refusal(call);
    this.appends = new StandInAppends(log, this.faults, refusal);
    this.reads = new StandInReads(log, this.faults, refusal);
  }

  /** Two nodes with one log are a leader and a follower. */
  static async start(log: StandInLog = new StandInLog()): Promise<EventStoreStandIn> {
    const standIn = new EventStoreStandIn(log);
    await standIn.listen();
    return standIn;
  }

  get connectionString(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  get endpoint(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: this.port };
  }

  /** Reads and subscriptions that the client has not ended. */
  get openReads(): number {
    return this.reads.open.size;
  }

  get openAppendStreams(): number {
    return this.appendStreams.size;
  }

  get subscriptions(): readonly StandInSubscription[] {
    return [...this.reads.subscriptions];
  }

  get appendCounts(): AppendCounts {
    return this.appends.counts;
  }

  /** Cuts all connections. */
  async stop(): Promise<void> {
    this.server.forceShutdown();
    this.appendStreams.clear();
    this.reads.open.clear();
  }

  /** On the same port with the same log; what the server had only in memory is gone. */
  async restart(): Promise<void> {
    await this.stop();
    this.log.forgetRecentIds();
    this.server = new Server();
    await this.listen();
  }

  private async listen(): Promise<void> {
    this.server = new Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
    this.server.addService(streamsService.StreamsService, {
      batchAppend: (call: AppendStream) => {
        this.appendStreams.add(call);
        for (const event of ['cancelled', 'close', 'finish', 'error']) call.once(event, () => this.appendStreams.delete(call));
        call.on('error', () => undefined);
        this.appends.batchAppend(call);
      },
      append: this.appends.append.bind(this.appends),
      read: this.reads.read.bind(this.reads),
      delete: this.appends.delete.bind(this.appends),
      tombstone: this.appends.tombstone.bind(this.appends),
    });
    this.server.addService(featuresService.ServerFeaturesService, {
      getSupportedMethods: (_call: ServerUnaryCall<Empty, SupportedMethods>, done: sendUnaryData<SupportedMethods>) => {
        const { featuresAnswer, hidesBatchAppend } = this.faults;
        if (featuresAnswer === 'never') return;
        if (featuresAnswer !== undefined) return done(failure(featuresAnswer, 'not now'));
        done(null, supportedMethods(!hidesBatchAppend));
      },
    });
    this.port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port)));
    });
  }

  private refusal({ metadata }: AnyCall): ServiceError | undefined {
    if (!this.faults.ready) return failure(status.UNAVAILABLE, 'Server Is Not Ready');
    const { leader } = this.faults;
    if (leader === undefined || metadata.get('requires-leader')[0] !== 'true') return undefined;
    return failure(status.NOT_FOUND, 'Leader info available', {
      exception: 'not-leader',
      'leader-endpoint-host': leader.host,
      'leader-endpoint-port': String(leader.port),
    });
  }
}
