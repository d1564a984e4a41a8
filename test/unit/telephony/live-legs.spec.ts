import { isoTime } from '../../../src/kernel/clock.js';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import { LiveLegs, passportOf } from '../../../src/telephony/calls/ingest/live-legs.fold.js';

const T0 = Date.parse('2026-03-02T09:00:00.000Z');
const at = (s: number): string => isoTime(T0 + s * 1_000);

const told = (s: number, type: string, data: object, recordedAfterS = 0): RecordedEvent => ({
  id: `e${s}`, type, data, schemaVersion: 1, stream: 'call-A', revision: 0n, position: 1n, recordedAt: at(s + recordedAfterS),
  metadata: { tenantId: 't', occurredAt: at(s), commandId: 'c', $correlationId: 'A', $causationId: 'c', actor: { kind: 'switch', id: 'n1' } },
});
const leg = { legId: 'A', nodeId: 'n1', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, shiftId: null, offerId: null, personId: 'p', number: '', name: '' };
const ended = (confidence: string) => ({ legId: 'A', role: 'caller', agentId: null, shiftId: null, cause: 'X', q850: null, sipStatus: null, hungUpBy: 'unknown', times: { createdAt: at(0) }, confidence, bounds: null, evidence: null });

describe('the legs that are believed to live', () => {
  it('tell until when a node was heard: by when its facts happened, not by when they could be recorded', () => {
    const legs = new LiveLegs();
    legs.apply(told(1, 'LegStarted', leg));
    legs.apply(told(2, 'LegAnswered', { legId: 'A' }, 60));
    expect(legs.heardFrom('n1')).toBe(at(2));
    // Told later, happened before.
    legs.apply(told(1.5, 'LegRinging', { legId: 'A' }, 61));
    expect(legs.heardFrom('n1')).toBe(at(2));
  });

  it('an end that was inferred was not heard', () => {
    const legs = new LiveLegs();
    legs.apply(told(1, 'LegStarted', leg));
    legs.apply(told(90, 'LegEnded', ended('inferred')));
    expect(legs.heardFrom('n1')).toBe(at(1));
    legs.apply(told(30, 'LegEnded', ended('seen')));
    expect(legs.heardFrom('n1')).toBe(at(30));
  });

  it('what was told of later was not heard when it happened', () => {
    const legs = new LiveLegs();
    legs.apply(told(1, 'LegStarted', leg));
    legs.apply(told(60, 'LegsUnbridged', { legId: 'A', otherLegId: 'B', unheard: { confidence: 'witnessed', evidence: 'switch-cdr', bounds: null } }));
    expect(legs.heardFrom('n1')).toBe(at(1));
  });

  it('are where their last move took them, in whatever order the halves of their moves are recorded', () => {
    const moved = (type: 'LegMoved' | 'LegAdopted', callId: string, otherCallId: string, move: number): RecordedEvent => {
      const { shiftId: _shiftId, number: _number, name: _name, ...passport } = leg;
      return { ...told(5, type, { legId: 'A', [type === 'LegMoved' ? 'toCallId' : 'fromCallId']: otherCallId, passport: { ...passport, createdAt: at(1), answeredAt: null, parked: true, move } }), stream: `call-${callId}` };
    };
    const halves = [moved('LegAdopted', 'B', 'A', 1), moved('LegMoved', 'A', 'B', 1), moved('LegAdopted', 'A', 'B', 2), moved('LegMoved', 'B', 'A', 2)];
    for (const order of [[0, 1, 2, 3], [2, 0, 1, 3], [2, 3, 0, 1], [3, 1, 0, 2]]) {
      const legs = new LiveLegs();
      legs.apply(told(1, 'LegStarted', leg));
      for (const index of order) legs.apply(halves[index]!);
      expect([order, legs.get('A')]).toEqual([order, expect.objectContaining({ callId: 'A', moves: 2 })]);
      expect(passportOf(legs.get('A')!)).toMatchObject({ move: 3 });
      const again = new LiveLegs();
      again.restore(legs.snapshot());
      expect(again.get('A')).toMatchObject({ callId: 'A', moves: 2 });
    }
  });

  it('have their running recordings in the passport with which they move', () => {
    const legs = new LiveLegs();
    legs.apply(told(1, 'LegStarted', leg));
    expect(passportOf(legs.get('A')!)).not.toHaveProperty('recordings');
    legs.apply(told(2, 'RecordingStarted', { legId: 'A', nodeId: 'n1', recordingId: 'r1', path: '/r1.wav' }));
    legs.apply(told(3, 'RecordingStarted', { legId: 'A', nodeId: 'n1', recordingId: 'r2', path: '/r2.wav' }));
    legs.apply(told(4, 'RecordingStopped', { legId: 'A', nodeId: 'n1', recordingId: 'r1', path: '/r1.wav', durationMs: 2_000 }));
    expect(passportOf(legs.get('A')!)).toMatchObject({ recordings: { '/r2.wav': 'r2' } });
    const again = new LiveLegs();
    again.restore(JSON.parse(JSON.stringify(legs.snapshot())));
    expect(passportOf(again.get('A')!)).toEqual(passportOf(legs.get('A')!));
  });
});
