import { counterProjection } from '../../support/sample-projection.js';
import { givenEvents, type GivenEvent } from '../../support/projection-spec.js';

const count = (counterId: string, by: number, more: Partial<GivenEvent> = {}): GivenEvent => ({ stream: `counter-${counterId}`, type: 'Counted', data: { counterId, by }, ...more });

describe('the specification of a projection', () => {
  test.each([1, 2, 100])('shows rows as the fold left them, in batches of %d', async (batchSize) => {
    const projected = await givenEvents(count('x', 1), count('y', 2, { at: '2026-02-01T00:00:00Z' }), count('x', 3)).project(counterProjection(), { batchSize });
    try {
      expect(await projected.rows('counter_totals')).toMatchObject([
        { counter_id: 'x', total: 4, events: 2, mean: 2, last_at: '2026-02-01T00:00:01.000Z' },
        { counter_id: 'y', total: 2, last_at: '2026-02-01T00:00:00.000Z', history: [{ b: '2026-02-01T00:00:00.000Z', zz: 2 }] },
      ]);
      await projected.more({ stream: 'counter-x', type: 'Reset', data: { counterId: 'x' } });
      expect((await projected.rows('counter_totals')).map((row) => row['counter_id'])).toEqual(['y']);
    } finally {
      await projected.close();
    }
  });

  test('lets a mistake of the fold through', async () => {
    await expect(givenEvents(count('x', 13)).project(counterProjection({ fails: () => true }))).rejects.toThrow('mistake in the fold');
  });
});
