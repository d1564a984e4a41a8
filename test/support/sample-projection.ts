import type { Json, RecordedEvent } from '../../src/kernel/event.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';

/** One row per counter, one per note: all kinds of columns, rows that go and come again. */
export const counterProjection = (options: { readonly version?: number; readonly fails?: (event: RecordedEvent) => boolean; readonly weight?: number } = {}): Projection => ({
  name: 'counters',
  version: options.version ?? 1,
  eventTypes: ['Counted', 'Noted', 'Reset'],
  tables: [
    {
      name: 'counter_totals',
      columns: {
        tenant_id: 'text',
        counter_id: 'text',
        total: 'bigint',
        events: 'integer',
        large: 'boolean',
        mean: 'double precision',
        last_at: 'timestamptz',
        history: 'jsonb',
      },
      primaryKey: ['tenant_id', 'counter_id'],
      indexes: [['tenant_id', 'last_at']],
    },
    { name: 'counter_notes', columns: { tenant_id: 'text', counter_id: 'text', number: 'integer', text: 'text' }, primaryKey: ['tenant_id', 'counter_id', 'number'] },
  ],
  keys: (event) => {
    const { counterId } = event.data as { counterId: string };
    const total = { table: 'counter_totals', key: [event.metadata.tenantId, counterId] };
    return event.type === 'Noted' ? [total, { table: 'counter_notes', key: [event.metadata.tenantId, counterId, Number(event.revision)] }] : [total];
  },
  apply: (event, rows) => {
    if (options.fails?.(event) === true) throw new Error('mistake in the fold');
    const { counterId, by = 0, text } = event.data as { counterId: string; by?: number; text?: string | null };
    const tenant = event.metadata.tenantId;
    const before = rows.get('counter_totals', [tenant, counterId]);
    if (event.type === 'Reset') return rows.delete('counter_totals', [tenant, counterId]);
    if (event.type === 'Noted') rows.put('counter_notes', { tenant_id: tenant, counter_id: counterId, number: Number(event.revision), text: text ?? null });
    const total = Number(before?.['total'] ?? 0) + by * (options.weight ?? 1);
    const events = Number(before?.['events'] ?? 0) + 1;
    const history = [...((before?.['history'] as Json[] | undefined) ?? []), { zz: by, b: event.metadata.occurredAt }].slice(-3);
    rows.put('counter_totals', { tenant_id: tenant, counter_id: counterId, total, events, large: total > 100, mean: total / events, last_at: event.metadata.occurredAt, history });
  },
});
