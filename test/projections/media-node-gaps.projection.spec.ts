import { mediaNodeGaps } from '../../projections/media-node-gaps/media-node-gaps.projection.js';
import { MediaNodeGapsQueries } from '../../projections/media-node-gaps/media-node-gaps.queries.js';
import { givenEvents, type GivenEvent } from '../support/projection-spec.js';

const opened = (nodeId: string, gapId: string, from: string): GivenEvent => ({ stream: `node-${nodeId}`, type: 'MediaNodeGapOpened', tenantId: 'system', data: { nodeId, gapId, from, cause: 'connection-lost' } });
const counts = { channelsSeen: 5, legsConfirmed: 4, endsInferred: 1, callersAdmitted: 2, callsAffected: 5 };
const closed = (nodeId: string, gapId: string, from: string, to: string): GivenEvent => ({ stream: `node-${nodeId}`, type: 'MediaNodeGapClosed', tenantId: 'system', data: { nodeId, gapId, from, to, switchSessionId: 's2', ...counts } });

describe('gaps of media nodes', () => {
  test.each([1, 10])('are listed newest first, with what the comparison found (batches of %d)', async (batchSize) => {
    const [ten, halfPast, eleven] = ['2026-01-01T10:00:00.000Z', '2026-01-01T10:00:30.000Z', '2026-01-01T11:00:00.000Z'] as const;
    const projected = await givenEvents(opened('n1', 'g1', ten), closed('n1', 'g1', ten, halfPast), opened('n1', 'g2', eleven), opened('n2', 'g3', ten)).project(mediaNodeGaps, { batchSize });
    try {
      const queries = new MediaNodeGapsQueries(projected.database);
      const first = await queries.list('system', 'n1', { limit: 1, cursor: undefined });
      expect(first.items).toEqual([expect.objectContaining({ nodeId: 'n1', gapId: 'g2', cause: 'connection-lost', fromAt: eleven, toAt: null, durationMs: null, endsInferred: null })]);
      const second = await queries.list('system', 'n1', { limit: 1, cursor: first.next ?? undefined });
      expect(second).toEqual({ items: [{ nodeId: 'n1', gapId: 'g1', cause: 'connection-lost', fromAt: ten, toAt: halfPast, durationMs: 30_000, switchSessionId: 's2', ...counts }], next: null });
      expect((await queries.list('system', undefined, { limit: 9, cursor: undefined })).items).toHaveLength(3);
      expect((await queries.list('acme', undefined, { limit: 9, cursor: undefined })).items).toEqual([]);
    } finally {
      await projected.close();
    }
  });
});
