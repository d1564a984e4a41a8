export type { RecordingDeed, RecordingEvent, RecordingFailure } from '../recordings/domain/recording.events.js';
export { recordingEventSpecs } from '../recordings/domain/recording.events.js';
export type { RecordingStatus } from '../recordings/domain/recording.state.js';
