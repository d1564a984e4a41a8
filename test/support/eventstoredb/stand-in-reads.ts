import { status, type ServerWritableStream, type ServiceError } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { StandInSubscription } from './stand-in-subscription.js';
import type { StandInFaults } from './stand-in-faults.js';
import type { LogEntry, StandInLog } from './stand-in-log.js';
import { failure, readEvent, streamDeleted, streamNameOf, streamNotFound } from './wire.js';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;
type Options = NonNullable<ReturnType<ReadReq['getOptions']>>;
type Expression = NonNullable<ReturnType<NonNullable<ReturnType<Options['getFilter']>>['getEventType']>>;

/** Sends with the transport's own backpressure; resolves to false once nobody listens any more. */
export class CallWriter {
  /** Resolves when the call is over, whoever ended it. */
  readonly ended: Promise<void>;
  /** True while the transport does not take more. */
  blocked = false;
  private gone = false;
  private resume: (() => void) | undefined;

  constructor(private readonly call: ReadCall) {
    call.on('drain', () => this.resume?.());
    this.ended = new Promise((resolve) => {
      const over = (): void => {
        this.gone = true;
        this.resume?.();
        resolve();
      };
      for (const event of ['cancelled', 'close', 'finish']) call.once(event, over);
      // A client that goes away is not an error of the stand-in's.
      call.on('error', over);
    });
  }

  get open(): boolean {
    return !this.gone && !this.call.cancelled && !this.call.writableEnded;
  }

  async send(response: ReadResp): Promise<boolean> {
    if (!this.open) return false;
    if (this.call.write(response)) return this.open;
    this.blocked = true;
    await new Promise<void>((resolve) => (this.resume = resolve));
    this.blocked = false;
    return this.open;
  }
}

/** The reading half of the stand-in: streams and the whole log, both ways, filters, and subscriptions. */
export class StandInReads {
  readonly subscriptions = new Set<StandInSubscription>();
  /** Calls that are not over: reads and subscriptions. */
  readonly open = new Set<ReadCall>();

  constructor(
    private readonly log: StandInLog,
    private readonly faults: StandInFaults,
    private readonly refusal: (call: ReadCall) => ServiceError | undefined,
  ) {}

  read(call: ReadCall): void {
    this.open.add(call);
    for (const event of ['cancelled', 'close', 'finish', 'error']) call.once(event, () => this.open.delete(call));
    const writer = new CallWriter(call);
    const refusal = this.refusal(call) ?? this.scriptedFailure();
    if (refusal !== undefined) return fail(call, refusal);
    const options = call.request.getOptions();
    if (options === undefined) return fail(call, failure(status.INVALID_ARGUMENT, 'no options'));
    if (options.hasStream() && options.hasFilter()) return fail(call, failure(status.INVALID_ARGUMENT, 'a stream cannot be filtered'));
    if (options.hasSubscription()) return this.subscribe(call, writer, options);
    if (this.faults.readsNeverAnswer) return;
    const entries = options.hasStream() ? this.streamEntries(options) : this.allEntries(options);
    if (entries instanceof Error) return fail(call, entries);
    void this.sendAll(call, writer, options, entries);
  }

  private async sendAll(call: ReadCall, writer: CallWriter, options: Options, entries: readonly LogEntry[] | 'not-found'): Promise<void> {
    if (entries === 'not-found') {
      await writer.send(streamNotFound(streamNameOf(options.getStream()?.getStreamIdentifier())));
    } else {
      for (const entry of entries) if (!(await writer.send(resolved(this.log, options, entry)))) return;
    }
    if (writer.open) call.end();
  }

  private streamEntries(options: Options): readonly LogEntry[] | 'not-found' | ServiceError {
    const from = options.getStream();
    const stream = streamNameOf(from?.getStreamIdentifier());
    if (this.log.isTombstoned(stream)) return streamDeleted(stream);
    const visible = this.log.visible(stream);
    if (visible === undefined) return 'not-found';
    const revision = from?.hasRevision() === true ? BigInt(from.getRevision()) : undefined;
    const count = Number(options.getCount());
    if (options.getReadDirection() === 0) {
      if (from?.hasEnd() === true) return [];
      return visible.filter((entry) => entry.revision >= (revision ?? 0n)).slice(0, count);
    }
    const last = from?.hasStart() === true ? 0n : revision;
    return visible.filter((entry) => last === undefined || entry.revision <= last).reverse().slice(0, count);
  }

  private allEntries(options: Options): readonly LogEntry[] | ServiceError {
    const from = options.getAll();
    const position = from?.getPosition();
    const { entries } = this.log;
    const index = position === undefined ? (from?.hasEnd() === true ? entries.length : 0) : this.log.indexAt(BigInt(position.getCommitPosition()));
    if (index === undefined) return invalidPosition();
    const passes = matcher(options);
    const found: LogEntry[] = [];
    const count = Number(options.getCount());
    const step = options.getReadDirection() === 0 ? 1 : -1;
    for (let i = step === 1 ? index : index - 1; i >= 0 && i < entries.length && found.length < count; i += step) {
      const entry = entries[i];
      if (entry !== undefined && passes(entry)) found.push(entry);
    }
    return found;
  }

  private subscribe(call: ReadCall, writer: CallWriter, options: Options): void {
    const stream = options.getStream();
    const name = streamNameOf(stream?.getStreamIdentifier());
    if (stream !== undefined && this.log.isTombstoned(name)) return fail(call, streamDeleted(name));
    const position = options.getAll()?.getPosition();
    const atEnd = stream?.hasEnd() === true || options.getAll()?.hasEnd() === true;
    let start = atEnd ? this.log.entries.length : 0;
    if (position !== undefined) {
      const index = this.log.indexAt(BigInt(position.getCommitPosition()));
      if (index === undefined) return fail(call, invalidPosition());
      start = Math.max(0, Math.min(index + 1, this.log.entries.length) - this.faults.resends);
    }
    const afterRevision = stream?.hasRevision() === true ? BigInt(stream.getRevision()) : -1n;
    const filter = options.getFilter();
    const window = filter?.hasMax() === true ? filter.getMax() : 32;
    const subscription = new StandInSubscription(this.log, this.faults, call, writer, {
      start,
      passes: stream === undefined ? matcher(options) : (entry) => entry.stream === name && entry.revision > afterRevision,
      checkpointEvery: filter === undefined ? undefined : window * filter.getCheckpointintervalmultiplier(),
      toResponse: (entry) => resolved(this.log, options, entry),
    });
    this.subscriptions.add(subscription);
    void subscription.run().finally(() => this.subscriptions.delete(subscription));
  }

  private scriptedFailure(): ServiceError | undefined {
    const code = this.faults.takeReadFailure();
    return code === undefined ? undefined : failure(code, 'the read failed');
  }
}

const fail = (call: ReadCall, error: ServiceError): void => void call.emit('error', error);
const invalidPosition = (): ServiceError => failure(status.UNKNOWN, 'Unexpected ReadAllResult: Error');

/** Follows a link ("revision@stream") where the reader asked for it. */
const resolved = (log: StandInLog, options: Options, entry: LogEntry): ReadResp => {
  if (!options.getResolveLinks() || entry.type !== '$>') return readEvent(entry);
  const link = new TextDecoder().decode(entry.data);
  const at = link.indexOf('@');
  return readEvent(entry, { target: log.eventAt(link.slice(at + 1), BigInt(link.slice(0, at))) });
};

const expressionMatches = (expression: Expression, value: string): boolean => {
  const regex = expression.getRegex();
  return regex === '' ? expression.getPrefixList().some((prefix) => value.startsWith(prefix)) : new RegExp(regex).test(value);
};

/** What a read of the whole log shows; without a filter all but what the server hides by itself. */
const matcher = (options: Options): ((entry: LogEntry) => boolean) => {
  const filter = options.getFilter();
  const byStream = filter?.getStreamIdentifier();
  const byType = filter?.getEventType();
  if (byStream !== undefined) return ({ stream }) => expressionMatches(byStream, stream);
  if (byType !== undefined) return ({ type }) => expressionMatches(byType, type);
  return ({ type }) => type !== '$epoch-information';
};
