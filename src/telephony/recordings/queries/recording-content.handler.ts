import { Readable } from 'node:stream';
import { Inject } from '@nestjs/common';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { conflict, notFound } from '../../../kernel/checks.js';
import { DomainError } from '../../../kernel/errors.js';
import { verified } from '../../../platform/object-storage/content.js';
import { contentTypeOf } from '../../../platform/object-storage/content-type.js';
import { OBJECT_STORAGE, type ObjectStorage, ObjectStorageError } from '../../../platform/object-storage/object-storage.port.js';
import { ALARMS, type Alarms } from '../../../platform/observability/alarms.port.js';
import { RECORDINGS, type Recordings, type RecordingView } from '../../ports/recordings.port.js';
import { RecordingContent, type RecordingContentView } from './recording-content.query.js';

@QueryHandler(RecordingContent)
export class RecordingContentHandler implements IQueryHandler<RecordingContent> {
  constructor(
    @Inject(RECORDINGS) private readonly recordings: Recordings,
    @Inject(OBJECT_STORAGE) private readonly objects: ObjectStorage,
    @Inject(ALARMS) private readonly alarms: Alarms,
  ) {}

  async execute({ tenantId, recordingId }: RecordingContent): Promise<RecordingContentView> {
    const object = await this.recordings.objectOf(tenantId, recordingId);
    if (object === undefined) throw notStored(await this.recordings.one(tenantId, recordingId));
    const { key, bytes, sha256 } = object;
    return {
      contentType: contentTypeOf(key),
      bytes,
      sha256,
      open: async (range) => {
        const content = await this.objects.get(key, range).catch((error: unknown) => {
          throw refused(error);
        });
        return Readable.from(this.told(range === undefined ? verified(() => content, { bytes, sha256 }) : content, recordingId), { objectMode: false });
      },
    };
  }

  /** The content, its failures in the words of the API. */
  private async *told(content: AsyncIterable<Uint8Array>, recordingId: string): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* content;
    } catch (error) {
      if (!(error instanceof ObjectStorageError) || error.failure !== 'corrupt') throw refused(new ObjectStorageError('unavailable', 'a download broke off', { cause: error }));
      this.alarms.raise({ code: 'recording-damaged', message: 'what the object storage has is not the recording that was stored', details: { recordingId }, error });
      throw new DomainError('unavailable', 'recording-damaged', 'what the object storage has is not the recording that was stored; an operator has been told');
    }
  }
}

const notStored = (recording: RecordingView | undefined): DomainError => {
  if (recording === undefined) return notFound('recording-not-found', 'there is no recording with this id');
  if (recording.state === 'deleting' || recording.state === 'deleted') return notFound('recording-deleted', 'the recording was deleted');
  return conflict('recording-not-stored', `the recording is ${recording.state}; its content can be had once it is stored`);
};

const refused = (error: unknown): unknown => {
  if (!(error instanceof ObjectStorageError)) return error;
  if (error.failure === 'not-found') return notFound('recording-content-missing', 'the recording is on record, but the object storage does not have it any more');
  return new DomainError('unavailable', 'object-storage-unavailable', 'the object storage does not answer; send the same request again');
};
