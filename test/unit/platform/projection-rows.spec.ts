import type { RecordedEvent } from '../../../src/kernel/event.js';
import { KeptRows, prepareProjection, ProjectionBatch } from '../../../src/platform/subscriptions/projection-batch.js';
import type { Projection, RowKey, Rows } from '../../../src/platform/subscriptions/projection.js';
import { sampleMetadata } from '../../support/sample-log.js';

const TABLE = 'things';

const things = (before: RowKey['before'], apply: (rows: Rows, key: readonly string[]) => void): Projection => ({
  name: 'things',
  version: 1,
  eventTypes: ['Happened'],
  tables: [{ name: TABLE, columns: { tenant_id: 'text', id: 'text', count: 'integer' }, primaryKey: ['tenant_id', 'id'] }],
  keys: ({ stream }) => [before === undefined ? { table: TABLE, key: ['acme', stream] } : { table: TABLE, key: ['acme', stream], before }],
  apply: ({ stream }, rows) => apply(rows, ['acme', stream]),
});

const happened = (stream: string): RecordedEvent => ({ id: stream, type: 'Happened', schemaVersion: 1, data: {}, metadata: sampleMetadata('c'), stream, revision: 0n, position: 1n, recordedAt: '2026-01-01T00:00:00.000Z' });
const put = (rows: Rows, [tenant_id, id]: readonly string[]): void => rows.put(TABLE, { tenant_id: tenant_id!, id: id!, count: 1 });
const count = (rows: Rows, key: readonly string[]): void => (rows.get(TABLE, key) === undefined ? put(rows, key) : rows.change(TABLE, key, { count: Number(rows.get(TABLE, key)?.['count']) + 1 }));

const folding = (projection: Projection, most?: number) => {
  const prepared = prepareProjection(projection);
  const rows = new KeptRows(prepared.tables[0]!, most);
  const fold = (...streams: readonly string[]): string[] => {
    const batch = new ProjectionBatch(prepared, [rows]);
    for (const stream of streams) batch.add(happened(stream));
    const unloaded = rows.takeUnloaded().map(({ key }) => String(key[1]));
    batch.apply();
    return unloaded;
  };
  return { rows, fold };
};

describe('rows that are kept from batch to batch', () => {
  test('are looked up once, and written when they have changed', () => {
    const { rows, fold } = folding(things(undefined, count));
    expect(fold('a', 'b', 'a')).toEqual(['a', 'b']);
    expect([rows.upserts('new').map((row) => row['count']), rows.upserts('stored')]).toEqual([[2, 1], []]);
    rows.written();
    expect([fold('a', 'c'), rows.upserts('stored'), rows.upserts('new')]).toEqual([['c'], [{ tenant_id: 'acme', id: 'a', count: 3 }], [{ tenant_id: 'acme', id: 'c', count: 1 }]]);
  });

  test('are let go of when nobody has touched them for long', () => {
    const { rows, fold } = folding(things(undefined, count), 4);
    const again = (...streams: readonly string[]): string[] => {
      const unloaded = fold(...streams);
      rows.written();
      return unloaded;
    };
    expect([again('a', 'b'), again('a', 'c'), again('a', 'd'), again('a', 'b')]).toEqual([['a', 'b'], ['c'], ['d'], ['b']]);
  });

  test('what was written stays as it was sent, whatever is changed after', () => {
    const { rows, fold } = folding(things(undefined, count));
    fold('a');
    const [sent] = rows.upserts();
    rows.written();
    fold('a');
    expect([sent?.['count'], rows.upserts()[0]?.['count']]).toEqual([1, 2]);
  });

  test('a row of which it is known what was before is not looked up', () => {
    const nothing = folding(things('nothing', count));
    expect([nothing.fold('a'), nothing.rows.upserts('new').length]).toEqual([[], 1]);
    const anything = folding(things('anything', put));
    expect([anything.fold('a', 'a'), anything.rows.upserts('stored').length]).toEqual([[], 1]);
  });

  test('a projection that does not do with it what it promised fails', () => {
    expect(() => folding(things('anything', count)).fold('a')).toThrow('apply asked for a row of things that keys() said it would put');
    expect(() => folding(things('anything', (rows, key) => rows.change(TABLE, key, { count: 2 }))).fold('a')).toThrow('apply asked for a row of things that keys() said it would put');
    expect(() => folding(things('anything', () => undefined)).fold('a')).toThrow('apply did not put the row of things that keys() said it would');
  });
});
