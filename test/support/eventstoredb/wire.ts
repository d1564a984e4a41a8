import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statuses from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { AppendResp, BatchAppendResp, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import anys from 'google-protobuf/google/protobuf/any_pb.js';
import empties from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Expected, LogEntry, ProposedEvent, WriteResult } from './stand-in-log.js';

/** How the server's answers look on the wire, in the client's own generated messages. */

const MAX_APPEND_SIZE = 1024 * 1024;
const empty = (): InstanceType<typeof shared.Empty> => new shared.Empty();
const googleEmpty = (): InstanceType<typeof empties.Empty> => new empties.Empty();

/** The four ways in which each request names its expected revision. */
interface ExpectedOption {
  hasNoStream(): boolean;
  hasAny(): boolean;
  hasStreamExists(): boolean;
}
export const expectedOf = (options: ExpectedOption, revision: string): Expected =>
  options.hasAny() ? 'any' : options.hasNoStream() ? 'no_stream' : options.hasStreamExists() ? 'stream_exists' : BigInt(revision);

export const streamNameOf = (identifier: StreamIdentifier | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? new Uint8Array()).toString('utf8');

export const streamIdentifier = (stream: string): StreamIdentifier => {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(new TextEncoder().encode(stream));
  return identifier;
};

interface ProposedMessage {
  getId(): UUID | undefined;
  getMetadataMap(): { get(key: string): string | undefined };
  getData_asU8(): Uint8Array;
  getCustomMetadata_asU8(): Uint8Array;
}
export const proposedEvent = (message: ProposedMessage): ProposedEvent => ({
  id: message.getId()?.getString() ?? '',
  type: message.getMetadataMap().get('type') ?? '',
  contentType: message.getMetadataMap().get('content-type') ?? '',
  data: message.getData_asU8(),
  customMetadata: message.getCustomMetadata_asU8(),
});

/** An error of the server's: a status, and trailers that name the exception. */
export const failure = (code: status, details: string, trailers: Readonly<Record<string, string>> = {}): ServiceError => {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(details), { code, details, metadata });
};

export const streamDeleted = (stream: string): ServiceError =>
  failure(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, { exception: 'stream-deleted', 'stream-name': ascii(stream) });

export const wrongVersion = (stream: string, expected: Expected, current: bigint | undefined): ServiceError =>
  failure(status.FAILED_PRECONDITION, 'Append failed due to WrongExpectedVersion.', {
    exception: 'wrong-expected-version',
    'stream-name': ascii(stream),
    'expected-version': String(expected === 'any' ? -2 : expected === 'no_stream' ? -1 : expected === 'stream_exists' ? -4 : expected),
    'actual-version': current === undefined ? '' : String(current),
  });

export const tooLarge = (): ServiceError =>
  failure(status.INVALID_ARGUMENT, `Maximum Append Size of ${MAX_APPEND_SIZE} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(MAX_APPEND_SIZE),
  });

/** Trailers carry ASCII only. */
const ascii = (name: string): string => name.replace(/[^\x20-\x7e]/g, '?');

/** "Server Is Not Ready", as an append hears it: a status without details. */
export const notReady = (correlation: UUID, stream: string): BatchAppendResp =>
  batchError(correlation, stream, status.UNAVAILABLE, 'Server Is Not Ready', 'google.protobuf.Empty', googleEmpty().serializeBinary());

export const batchAnswer = (correlation: UUID, stream: string, expected: Expected, result: WriteResult): BatchAppendResp => {
  switch (result.kind) {
    case 'deleted': {
      const details = new shared.StreamDeleted();
      details.setStreamIdentifier(streamIdentifier(stream));
      return batchError(correlation, stream, status.NOT_FOUND, 'Stream deleted', 'event_store.client.StreamDeleted', details.serializeBinary());
    }
    case 'too-large': {
      const details = new shared.MaximumAppendSizeExceeded();
      details.setMaxappendsize(MAX_APPEND_SIZE);
      const type = 'event_store.client.MaximumAppendSizeExceeded';
      return batchError(correlation, stream, status.INVALID_ARGUMENT, 'Maximum append size exceeded', type, details.serializeBinary());
    }
    case 'wrong': {
      const details = new shared.WrongExpectedVersion();
      if (result.current === undefined) details.setCurrentNoStream(googleEmpty());
      else details.setCurrentStreamRevision(String(result.current));
      if (expected === 'any') details.setExpectedAny(googleEmpty());
      else if (expected === 'no_stream') details.setExpectedNoStream(googleEmpty());
      else if (expected === 'stream_exists') details.setExpectedStreamExists(googleEmpty());
      else details.setExpectedStreamPosition(String(expected));
      const type = 'event_store.client.WrongExpectedVersion';
      return batchError(correlation, stream, status.ALREADY_EXISTS, 'Wrong expected version', type, details.serializeBinary());
    }
    default: {
      const success = new streams.BatchAppendResp.Success();
      if (result.revision === undefined) success.setNoStream(googleEmpty());
      else success.setCurrentRevision(String(result.revision));
      if (result.kind === 'nothing') {
        success.setNoPosition(googleEmpty());
      } else {
        const position = new shared.AllStreamPosition();
        position.setCommitPosition(String(result.position));
        position.setPreparePosition(String(result.position));
        success.setPosition(position);
      }
      const response = batchResponse(correlation, stream);
      response.setSuccess(success);
      return response;
    }
  }
};

/** The answer to an Append; what is an error there is thrown. */
export const appendAnswer = (stream: string, expected: Expected, result: WriteResult): AppendResp => {
  const response = new streams.AppendResp();
  if (result.kind === 'deleted') throw streamDeleted(stream);
  if (result.kind === 'too-large') throw tooLarge();
  if (result.kind === 'wrong') {
    const wrong = new streams.AppendResp.WrongExpectedVersion();
    if (result.current === undefined) wrong.setCurrentNoStream(empty());
    else wrong.setCurrentRevision(String(result.current));
    if (expected === 'any') wrong.setExpectedAny(empty());
    else if (expected === 'no_stream') wrong.setExpectedNoStream(empty());
    else if (expected === 'stream_exists') wrong.setExpectedStreamExists(empty());
    else wrong.setExpectedRevision(String(expected));
    response.setWrongExpectedVersion(wrong);
    return response;
  }
  const success = new streams.AppendResp.Success();
  if (result.revision === undefined) success.setNoStream(empty());
  else success.setCurrentRevision(String(result.revision));
  if (result.kind === 'nothing') {
    success.setNoPosition(empty());
  } else {
    const position = new streams.AppendResp.Position();
    position.setCommitPosition(String(result.position));
    position.setPreparePosition(String(result.position));
    success.setPosition(position);
  }
  response.setSuccess(success);
  return response;
};

const batchResponse = (correlation: UUID, stream: string): BatchAppendResp => {
  const response = new streams.BatchAppendResp();
  response.setCorrelationId(correlation);
  response.setStreamIdentifier(streamIdentifier(stream));
  return response;
};

const batchError = (correlation: UUID, stream: string, code: number, message: string, type: string, bytes: Uint8Array): BatchAppendResp => {
  const details = new anys.Any();
  details.pack(bytes, type);
  const error = new statuses.Status();
  error.setCode(code);
  error.setMessage(message);
  error.setDetails(details);
  const response = batchResponse(correlation, stream);
  response.setError(error);
  return response;
};

const recorded = (entry: LogEntry): InstanceType<typeof streams.ReadResp.ReadEvent.RecordedEvent> => {
  const id = new shared.UUID();
  id.setString(entry.id);
  const event = new streams.ReadResp.ReadEvent.RecordedEvent();
  event.setId(id);
  event.setStreamIdentifier(streamIdentifier(entry.stream));
  event.setStreamRevision(String(entry.revision));
  event.setCommitPosition(String(entry.position));
  event.setPreparePosition(String(entry.position));
  event.getMetadataMap().set('type', entry.type).set('content-type', entry.contentType).set('created', String(entry.createdTicks));
  event.setCustomMetadata(entry.customMetadata);
  event.setData(entry.data);
  return event;
};

/** `entry` itself, or what it links to: then `entry` is the link and `target` may be gone. */
export const readEvent = (entry: LogEntry, link?: { readonly target: LogEntry | undefined }): ReadResp => {
  const event = new streams.ReadResp.ReadEvent();
  if (link === undefined) {
    event.setEvent(recorded(entry));
  } else {
    event.setLink(recorded(entry));
    if (link.target !== undefined) event.setEvent(recorded(link.target));
  }
  event.setCommitPosition(String(entry.position));
  const response = new streams.ReadResp();
  response.setEvent(event);
  return response;
};

export const streamNotFound = (stream: string): ReadResp => {
  const notFound = new streams.ReadResp.StreamNotFound();
  notFound.setStreamIdentifier(streamIdentifier(stream));
  const response = new streams.ReadResp();
  response.setStreamNotFound(notFound);
  return response;
};

export const confirmation = (id: string): ReadResp => {
  const confirmed = new streams.ReadResp.SubscriptionConfirmation();
  confirmed.setSubscriptionId(id);
  const response = new streams.ReadResp();
  response.setConfirmation(confirmed);
  return response;
};

export const checkpoint = (position: bigint): ReadResp => {
  const reached = new streams.ReadResp.Checkpoint();
  reached.setCommitPosition(String(position));
  reached.setPreparePosition(String(position));
  const response = new streams.ReadResp();
  response.setCheckpoint(reached);
  return response;
};

export const caughtUp = (): ReadResp => {
  const response = new streams.ReadResp();
  response.setCaughtUp(new streams.ReadResp.CaughtUp());
  return response;
};

/** What a 23.10 server says it supports; names in lower case, as it gives them. */
export const supportedMethods = (batchAppend: boolean): SupportedMethods => {
  const service = 'event_store.client.streams.streams';
  const method = (name: string, supported: string[]): InstanceType<typeof features.SupportedMethod> => {
    const one = new features.SupportedMethod();
    one.setServiceName(service);
    one.setMethodName(name);
    one.setFeaturesList(supported);
    return one;
  };
  const methods = [method('read', ['position', 'events']), method('append', []), method('delete', []), method('tombstone', [])];
  if (batchAppend) methods.push(method('batchappend', ['deadline_duration']));
  const answer = new features.SupportedMethods();
  answer.setMethodsList(methods);
  answer.setEventStoreServerVersion('23.10.8');
  return answer;
};
