import type { ApiKeyEvent, TenantEvent } from '../../../src/identity/contract/identity-events.js';
import type { PersonEvent } from '../../../src/identity/contract/person-events.js';
import type { MediaNodeEvent, MediaNodeSettings, NumberEvent } from '../../../src/telephony/contract/configuration-events.js';
import type { RecordingEvent } from '../../../src/telephony/contract/recording-events.js';
import type { Samples } from './samples.js';

const settings: MediaNodeSettings = {
  name: 'Frankfurt 1', host: '192.0.2.10', port: 8021, password: 'correct-horse-battery', deviceAddress: 'user/{user}@default', trunkAddress: 'sofia/gateway/carrier/{number}', music: 'local_stream://moh', recordingsFolder: '/var/lib/freeswitch/recordings',
};
const GAP = '2d4b6f80-0000-4000-8000-00000000000a';
const FROM = '2026-03-02T09:00:00.000Z';

export const mediaNodeSamples: Samples<MediaNodeEvent> = {
  MediaNodeRegistered: { nodeId: 'fs1', settings },
  MediaNodeConfigured: { nodeId: 'fs1', settings: { ...settings, port: 8022 } },
  MediaNodeRetired: { nodeId: 'fs1' },
  MediaNodeGapOpened: { nodeId: 'fs1', gapId: GAP, from: FROM, cause: 'connection-lost' },
  MediaNodeGapClosed: {
    nodeId: 'fs1', gapId: GAP, from: FROM, to: '2026-03-02T09:00:30.000Z', switchSessionId: 'e9518cc9-c5ab-4865-b55b-41de243fd718', channelsSeen: 12, legsConfirmed: 10, endsInferred: 3, callersAdmitted: 2, callsAffected: 15,
  },
  MediaNodeRestarted: { nodeId: 'fs1', previousSwitchSessionId: 'e9518cc9-c5ab-4865-b55b-41de243fd718', switchSessionId: '647edbfd-04c7-4c8e-9822-694b3f6122a0' },
  MediaNodeClockMeasured: { nodeId: 'fs1', offsetMs: -35 },
};

export const numberSamples: Samples<NumberEvent> = {
  NumberAssigned: { numberId: 'n1', number: '+15550199', destination: { kind: 'queue', queueId: 'sales' } },
  NumberConfigured: { numberId: 'n1', number: '+15550199', destination: { kind: 'queue', queueId: 'support' } },
  NumberRetired: { numberId: 'n1', number: '+15550199' },
};

const origin = { recordingId: 'rec-1', callId: '2d4b6f80-0000-4000-8000-000000000001', legId: '2d4b6f80-0000-4000-8000-000000000001', nodeId: 'fs1', path: '/recordings/rec-1.wav' } as const;

export const recordingSamples: Samples<RecordingEvent> = {
  RecordingAnnounced: origin,
  RecordingCompleted: { ...origin, durationMs: 12_340 },
  RecordingDeedRequested: { recordingId: 'rec-1', deedId: 'rec-1/store/1', deed: 'store', attempt: 1, nodeId: 'fs1', path: '/recordings/rec-1.wav', key: 'acme/2026/03/02/rec-1.wav', deadlineAt: '2026-03-03T09:00:00.000Z' },
  RecordingStored: { recordingId: 'rec-1', deedId: 'rec-1/store/1', key: 'acme/2026/03/02/rec-1.wav', bytes: 197_484, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
  RecordingFileRemoved: { recordingId: 'rec-1', deedId: 'rec-1/remove-file/1' },
  RecordingDeleted: { recordingId: 'rec-1', deedId: 'rec-1/delete/1' },
  RecordingDeedFailed: { recordingId: 'rec-1', deedId: 'rec-1/store/1', deed: 'store', attempt: 1, reason: 'storage-unavailable', detail: 'the storage does not answer', retryAt: '2026-03-02T09:05:00.000Z' },
};

export const tenantSamples: Samples<TenantEvent> = {
  TenantCreated: { tenantId: 'acme', settings: { name: 'Acme', country: 'DE', timeZone: 'Europe/Berlin' } },
  TenantConfigured: { tenantId: 'acme', settings: { name: 'Acme & Söhne', country: 'DE', timeZone: 'Europe/Berlin' } },
  TenantRetired: { tenantId: 'acme' },
};

export const apiKeySamples: Samples<ApiKeyEvent> = {
  ApiKeyIssued: { keyId: 'k1', tenantId: 'acme', name: 'reports', scopes: ['reports:read', 'audit:read'], hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', expiresAt: '2027-03-02T00:00:00.000Z' },
  ApiKeyRevoked: { keyId: 'k1', reason: 'lost' },
};

const erasure = { erasureId: '0d3f7c9a-4b1e-5d2c-9a8b-7c6d5e4f3a2b', personId: '6f1f9f0a7c0e4a58b5f3b9d1f2a0c4e7', kind: 'number', subjects: ['6f1f9f0a7c0e4a58b5f3b9d1f2a0c4e7', '0a1b2c3d4e5f60718293a4b5c6d7e8f9'], recordings: ['rec-1'] } as const;

export const personSamples: Samples<PersonEvent> = {
  PersonalDataErasureRequested: { ...erasure, reason: 'request', reference: 'T-4711' },
  PersonalDataErased: erasure,
};
