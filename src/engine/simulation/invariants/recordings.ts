import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import { categoryOf, idOf } from '../../../kernel/streams.js';
import type { ObjectStorage } from '../../../platform/object-storage/object-storage.port.js';
import type { CallEvent } from '../../../telephony/contract/call-events.js';
import type { RecordingEvent } from '../../../telephony/contract/recording-events.js';
import type { SwitchRecordings } from '../switch-recordings.js';

/** Every recording that a call began is completed once, and stored where the switch left a file of it. */
export const brokenRecordings = async (events: readonly RecordedEvent[], { written }: SwitchRecordings, objects: ObjectStorage): Promise<string[]> => {
  const found: string[] = [];
  const began = new Set<string>();
  const lives = new Map<string, Recorded<RecordingEvent>[]>();
  for (const event of events) {
    if (event.type === 'RecordingStarted') began.add((event as Recorded<Extract<CallEvent, { type: 'RecordingStarted' }>>).data.recordingId);
    if (categoryOf(event.stream) === 'recording') lives.set(idOf(event.stream), [...(lives.get(idOf(event.stream)) ?? []), event as Recorded<RecordingEvent>]);
  }
  for (const recordingId of began) if (!lives.has(recordingId)) found.push(`recording ${recordingId} began and has no life of its own`);
  for (const [recordingId, life] of lives) {
    const completed = life.filter(({ type }) => type === 'RecordingCompleted');
    if (completed.length !== 1) found.push(`recording ${recordingId} is completed ${completed.length} times`);
    for (const { data } of completed) {
      const { path } = data as { readonly path: string };
      const stored = life.find((event) => event.type === 'RecordingStored');
      if (written.has(path) !== (stored !== undefined)) found.push(`recording ${recordingId} was ${written.has(path) ? 'written' : 'never written'} by the switch, and is ${stored === undefined ? 'not stored' : 'stored'}`);
      if (stored?.type === 'RecordingStored' && (await objects.head(stored.data.key))?.sha256 !== stored.data.sha256) found.push(`recording ${recordingId} is stored, and is not in the storage`);
    }
  }
  return found;
};
