import { answerDtoOf, answered, nullable } from '../../../platform/http/dto/answers.js';
import { commandAnswerDtoOf, PageQuery, pageDtoOf } from '../../../platform/http/dto/common.dto.js';
import { ChoiceField, IdField } from '../../../platform/http/dto/fields.js';
import type { RecordingView } from '../../ports/recordings.port.js';

const STATES = ['running', 'storing', 'stored', 'failed', 'deleting', 'deleted'] as const satisfies readonly RecordingView['state'][];
const FAILURES = [
  'file-missing', 'outside-folder', 'no-file', 'other-object', 'too-late', 'folder-missing', 'file-unreadable', 'content-changed', 'storage-full', 'storage-unavailable', 'unknown',
] as const satisfies readonly NonNullable<RecordingView['failure']>[];

export class RecordingsQuery extends PageQuery {
  @IdField({ description: 'Recordings of this call', optional: true })
  callId?: string;

  @ChoiceField({ description: 'State', optional: true, choices: STATES })
  state?: RecordingView['state'];
}

export const RecordingDto = answerDtoOf('RecordingDto', {
  recordingId: answered.id(), callId: answered.id(), legId: answered.id('The leg that is recorded, both directions'), nodeId: answered.text('fs1'),
  state: answered.choice(STATES, '`failed`: storing it was given up; the file is where it was'),
  startedAt: answered.time(), stoppedAt: nullable(answered.time()), durationMs: nullable(answered.ms()),
  bytes: nullable(answered.count('Null until it is stored, and once it is deleted')), sha256: nullable(answered.text('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 'Of the content, hexadecimal')), storedAt: nullable(answered.time()),
  copyOnNode: answered.flag('Whether the media node still has its file'), deletedAt: nullable(answered.time()),
  failure: nullable(answered.choice(FAILURES, 'Why the last attempt to store or remove it failed')), failureDetail: nullable(answered.text('the disk of the folder for objects is full')),
  failedAt: nullable(answered.time()), failedAttempts: nullable(answered.count()), retryAt: nullable(answered.time('When it is tried again by itself; null after a failure: not at all')),
});
export const RecordingPageDto = pageDtoOf(RecordingDto);
export const RecordingOrderAnswer = commandAnswerDtoOf('recordingId', 'b2c3d4e5-f607-5819-8a2b-3c4d5e6f7081');
