import type { PersonEvent } from '../../../identity/contract/person-events.js';
import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Process } from '../../../kernel/process.js';
import { streamOf } from '../../../kernel/streams.js';

/** Recordings with the voice of somebody who was erased are deleted, also one that still runs. */
export const recordingsGoWithPersons: Process = {
  name: 'recordings-go-with-persons',
  actor: { kind: 'process', id: 'recordings-go-with-persons' },
  eventTypes: ['PersonalDataErased'],
  react: (recorded: RecordedEvent) => (recorded as Recorded<Extract<PersonEvent, { type: 'PersonalDataErased' }>>).data.recordings.map((recordingId) => ({ stream: streamOf('recording', recordingId), type: 'EraseRecording', data: {} })),
};
