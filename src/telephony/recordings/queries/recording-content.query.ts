import { Query } from '@nestjs/cqrs';
import type { Readable } from 'node:stream';
import type { ByteRange } from '../../../platform/object-storage/object-storage.port.js';

export interface RecordingContentView {
  readonly contentType: string;
  /** Of the whole recording. */
  readonly bytes: number;
  readonly sha256: string;
  /** Begins to read: all of it, or a part. A stream that turns out not to be what was stored breaks off before its end. */
  open(range?: ByteRange): Promise<Readable>;
}

/** What was recorded. */
export class RecordingContent extends Query<RecordingContentView> {
  constructor(
    readonly tenantId: string,
    readonly recordingId: string,
  ) {
    super();
  }
}
