import { status, type sendUnaryData, type ServerDuplexStream, type ServerReadableStream, type ServerUnaryCall, type ServiceError } from '@grpc/grpc-js';
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { StandInFaults } from './stand-in-faults.js';
import type { Expected, ProposedEvent, StandInLog, WriteResult } from './stand-in-log.js';
import { appendAnswer, batchAnswer, expectedOf, failure, notReady, proposedEvent, streamDeleted, streamNameOf, wrongVersion } from './wire.js';

interface Batch {
  readonly stream: string;
  readonly expected: Expected;
  readonly events: ProposedEvent[];
}

/** Counts what arrived, so that a test can say which way an append came. */
export interface AppendCounts {
  batched: number;
  single: number;
  /** Expected revisions in the order in which they were sent. */
  readonly expected: Expected[];
}

const NOT_READY = 'Server Is Not Ready';

/** The writing half of the stand-in: Append, BatchAppend, Delete and Tombstone, with their faults. */
export class StandInAppends {
  readonly counts: AppendCounts = { batched: 0, single: 0, expected: [] };

  constructor(
    private readonly log: StandInLog,
    private readonly faults: StandInFaults,
    /** An error where this node must not answer the call: not ready, not the leader. */
    private readonly refusal: (call: { readonly metadata: { get(key: string): unknown[] } }) => ServiceError | undefined,
  ) {}

  batchAppend(call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void {
    const batches = new Map<string, Batch>();
    call.on('end', () => call.end());
    call.on('data', (request: BatchAppendReq) => {
      const correlation = request.getCorrelationId();
      if (correlation === undefined) return void call.emit('error', failure(status.INVALID_ARGUMENT, 'no correlation id'));
      const id = correlation.getString();
      const options = request.getOptions();
      const batch = batches.get(id) ?? {
        stream: streamNameOf(options?.getStreamIdentifier()),
        expected: options === undefined ? 'any' : expectedOf(options, options.getStreamPosition()),
        events: [],
      };
      batches.set(id, batch);
      batch.events.push(...request.getProposedMessagesList().map(proposedEvent));
      if (!request.getIsFinal()) return;
      batches.delete(id);
      this.counts.batched++;
      this.answerBatch(call, correlation, batch);
    });
  }

  private answerBatch(call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>, correlation: UUID, batch: Batch): void {
    const { stream, expected, events } = batch;
    const answer = (response: BatchAppendResp): void => {
      if (!call.cancelled && !call.writableEnded && !call.destroyed) call.write(response);
    };
    const refusal = this.refusal(call);
    if (refusal !== undefined && refusal.details !== NOT_READY) return void call.emit('error', refusal);
    const fault = this.faults.takeAppendFault();
    if (refusal !== undefined || fault?.answer === 'not-ready') return answer(notReady(correlation, stream));
    const response = fault?.commit === false ? undefined : batchAnswer(correlation, stream, expected, this.write(batch));
    const reply = (): void => {
      answer(response ?? batchAnswer(correlation, stream, expected, this.log.write(stream, expected, events)));
    };
    switch (fault?.answer) {
      case 'never':
        return;
      case 'stream-ends':
        return void call.end();
      case 'stream-fails':
        return void call.emit('error', failure(fault.code ?? status.UNAVAILABLE, 'connection lost'));
      case 'wrong-revision':
        return answer(batchAnswer(correlation, stream, expected, { kind: 'wrong', current: this.log.lastRevision(stream) }));
      case 'late':
        return void setTimeout(reply, fault.delayMs ?? 0);
      case 'twice':
        reply();
        return reply();
      default:
        return reply();
    }
  }

  append(call: ServerReadableStream<AppendReq, AppendResp>, done: sendUnaryData<AppendResp>): void {
    let target: Pick<Batch, 'stream' | 'expected'> = { stream: '', expected: 'any' };
    const events: ProposedEvent[] = [];
    call.on('data', (request: AppendReq) => {
      const options = request.getOptions();
      const message = request.getProposedMessage();
      if (options !== undefined) target = { stream: streamNameOf(options.getStreamIdentifier()), expected: expectedOf(options, options.getRevision()) };
      if (message !== undefined) events.push(proposedEvent(message));
    });
    call.on('end', () => {
      this.counts.single++;
      const refusal = this.refusal(call);
      if (refusal !== undefined) return done(refusal);
      const fault = this.faults.takeAppendFault();
      if (fault?.answer === 'not-ready') return done(failure(status.UNAVAILABLE, NOT_READY));
      const result = fault?.commit === false ? undefined : this.write({ ...target, events });
      if (fault?.answer === 'never') return;
      if (fault?.answer === 'stream-ends' || fault?.answer === 'stream-fails') return done(failure(fault.code ?? status.UNAVAILABLE, 'connection lost'));
      const reply = (): void => {
        try {
          done(null, appendAnswer(target.stream, target.expected, result ?? this.write({ ...target, events })));
        } catch (error) {
          done(error as ServiceError);
        }
      };
      if (fault?.answer === 'late') setTimeout(reply, fault.delayMs ?? 0);
      else reply();
    });
  }

  delete(call: ServerUnaryCall<DeleteReq, DeleteResp>, done: sendUnaryData<DeleteResp>): void {
    const options = call.request.getOptions();
    if (options === undefined) return done(failure(status.INVALID_ARGUMENT, 'no options'));
    const stream = streamNameOf(options.getStreamIdentifier());
    const expected = expectedOf(options, options.getRevision());
    const result = this.log.delete(stream, expected);
    if (result.kind !== 'written') return done(deleteFailure(stream, expected, result));
    const position = new streams.DeleteResp.Position();
    position.setCommitPosition(String(result.position));
    position.setPreparePosition(String(result.position));
    const response = new streams.DeleteResp();
    response.setPosition(position);
    done(null, response);
  }

  tombstone(call: ServerUnaryCall<TombstoneReq, TombstoneResp>, done: sendUnaryData<TombstoneResp>): void {
    const options = call.request.getOptions();
    if (options === undefined) return done(failure(status.INVALID_ARGUMENT, 'no options'));
    const stream = streamNameOf(options.getStreamIdentifier());
    const expected = expectedOf(options, options.getRevision());
    const result = this.log.tombstone(stream, expected);
    if (result.kind !== 'written') return done(deleteFailure(stream, expected, result));
    const position = new streams.TombstoneResp.Position();
    position.setCommitPosition(String(result.position));
    position.setPreparePosition(String(result.position));
    const response = new streams.TombstoneResp();
    response.setPosition(position);
    done(null, response);
  }

  private write({ stream, expected, events }: Batch): WriteResult {
    this.counts.expected.push(expected);
    return this.log.write(stream, expected, events);
  }
}

const deleteFailure = (stream: string, expected: Expected, result: WriteResult): ServiceError =>
  result.kind === 'deleted' ? streamDeleted(stream) : wrongVersion(stream, expected, result.kind === 'wrong' ? result.current : undefined);
