import { callDecider } from '../../../src/telephony/calls/domain/call.decider.js';
import type { CallCommand, LegFact } from '../../../src/telephony/calls/domain/call.commands.js';
import type { CallEvent } from '../../../src/telephony/calls/domain/call.events.js';
import { happened, NOW, specify } from '../../support/decider-spec.js';

const leg = { legId: 'A', nodeId: 'n1', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, shiftId: null, offerId: null, personId: 'p', number: '', name: '' } as const;
const started: CallEvent[] = happened(
  -10,
  { type: 'CallStarted', data: { callId: 'A', interactionId: 'A', nodeId: 'n1', switchSessionId: 's', direction: 'inbound', personId: 'p', numberId: null, from: '', fromName: '', to: '' } },
  { type: 'LegStarted', data: leg },
  { type: 'LegAnswered', data: { legId: 'A' } },
);
const path = '/recordings/r-1.wav';
const asked: CallEvent = { type: 'SwitchActionRequested', data: { nodeId: 'n1', actionId: 'a-1', channelId: 'A', deed: 'start-recording', parameters: { recordingId: 'r-1', path }, personal: null, personId: 'p', deadlineAt: NOW } };
const done: CallEvent = { type: 'SwitchActionSucceeded', data: { actionId: 'a-1', result: '' } };
const recordingStarted = (recordingId: string): CallEvent => ({ type: 'RecordingStarted', data: { legId: 'A', nodeId: 'n1', recordingId, path } });
const begins: LegFact = { kind: 'recording-started', path };
const call = specify<typeof callDecider.initialState, CallCommand, CallEvent>(callDecider);

describe('recordings of a call', () => {
  it('have the id under which they were asked for, whether the switch tells of the start or of the success first', () => {
    call.given(...started, asked).when('RecordLegFact', { legId: 'A', fact: begins }).then(recordingStarted('r-1'));
    call.given(...started, asked, done).when('RecordLegFact', { legId: 'A', fact: begins }).then(recordingStarted('r-1'));
  });

  it('have an id of their own when the switch began them by itself, and after one that we asked for on the same path', () => {
    call.given(...started).when('RecordLegFact', { legId: 'A', fact: begins }, NOW, { commandId: 'fact-1' }).then(recordingStarted('fact-1'));
    const over: CallEvent = { type: 'RecordingStopped', data: { legId: 'A', nodeId: 'n1', recordingId: 'r-1', path, durationMs: 1_000 } };
    call.given(...started, asked, done, recordingStarted('r-1'), over).when('RecordLegFact', { legId: 'A', fact: begins }, NOW, { commandId: 'fact-2' }).then(recordingStarted('fact-2'));
  });
});
