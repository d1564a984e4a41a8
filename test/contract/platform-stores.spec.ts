import { InMemorySnapshots } from '../../src/platform/event-store/in-memory/in-memory-snapshots.js';
import type { SnapshotStore } from '../../src/platform/event-store/snapshots.port.js';
import { PostgresCheckpoints } from '../../src/platform/postgres/checkpoints.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { PostgresLeases } from '../../src/platform/postgres/leases.js';
import { PostgresParkedEvents } from '../../src/platform/postgres/parked-events.js';
import { PostgresSnapshots } from '../../src/platform/postgres/snapshots.js';
import type { Checkpoints } from '../../src/platform/subscriptions/checkpoints.port.js';
import { InMemoryCheckpoints } from '../../src/platform/subscriptions/in-memory-checkpoints.js';
import { InMemoryLeases, InMemoryLeaseTable } from '../../src/platform/subscriptions/in-memory-leases.js';
import { InMemoryParkedEvents } from '../../src/platform/subscriptions/in-memory-parked-events.js';
import { LeaseLost, type Leases } from '../../src/platform/subscriptions/leases.port.js';
import type { ParkedEvent, ParkedEvents } from '../../src/platform/subscriptions/parked-events.port.js';
import { platformDatabase } from '../support/platform-database.js';
import { realClock } from '../support/test-server.js';

interface Stores {
  readonly checkpoints: Checkpoints;
  readonly leases: Leases;
  readonly parked: ParkedEvents;
  readonly snapshots: SnapshotStore;
}

const contract = (name: string, open: () => Promise<Stores & { readonly close: () => Promise<void> }>): void => {
  describe(`the engine's small stores, ${name}`, () => {
    let stores: Stores & { readonly close: () => Promise<void> };

    beforeEach(async () => {
      stores = await open();
    });

    afterEach(() => stores.close());

    test('a checkpoint is what was saved last, also beyond 2^53', async () => {
      const { checkpoints } = stores;
      expect(await checkpoints.load('p')).toBeUndefined();
      await checkpoints.save('p', { position: 5n, logId: 'log' });
      await checkpoints.save('p', { position: 2n ** 60n + 1n, logId: 'log' });
      expect(await checkpoints.load('p')).toEqual({ position: 2n ** 60n + 1n, logId: 'log' });
      expect(await checkpoints.load('other')).toBeUndefined();
    });

    test('a former holder of a lease saves no checkpoint', async () => {
      const { checkpoints, leases } = stores;
      const first = await leases.acquire('p', 'first');
      await checkpoints.save('p', { position: 1n, logId: 'log' }, first!);
      await first?.release();
      const second = await leases.acquire('p', 'second');
      await expect(checkpoints.save('p', { position: 2n, logId: 'log' }, first!)).rejects.toBeInstanceOf(LeaseLost);
      await checkpoints.save('p', { position: 3n, logId: 'log' }, second!);
      expect((await checkpoints.load('p'))?.position).toBe(3n);
      await second?.release();
    });

    test('a snapshot comes back as it was', async () => {
      const { snapshots } = stores;
      expect(await snapshots.load('s')).toBeUndefined();
      const state = { text: 'ü \u0000 "', list: [1, 2.5, null, { deep: true }] };
      await snapshots.save('s', { revision: 7n, version: 2, state });
      expect(await snapshots.load('s')).toEqual({ revision: 7n, version: 2, state });
      await snapshots.save('s', { revision: 3n, version: 3, state: null });
      expect(await snapshots.load('s')).toEqual({ revision: 3n, version: 3, state: null });
    });

    test('parked events wait in log order, and an operator lets them go on or skips them with a reason', async () => {
      const { parked } = stores;
      const event = (position: bigint, lane: string, error = ''): ParkedEvent => ({
        runner: 'process', lane, position, stream: 'call-1', revision: position, eventId: `00000000-0000-4000-8000-0000000000${10n + position}`, eventType: 'Happened', error, parkedAt: '2026-01-01T00:00:00.000Z',
      });
      await parked.park([event(2n, 'a', 'boom')]);
      await parked.park([event(1n, 'b', 'bang'), event(3n, 'a')]);
      await parked.park([event(2n, 'a')]);
      expect((await parked.waiting()).map(({ position, lane, error }) => [position, lane, error])).toEqual([[1n, 'b', 'bang'], [2n, 'a', 'boom'], [3n, 'a', '']]);
      expect((await parked.waiting('process'))[1]).toEqual(event(2n, 'a', 'boom'));
      expect(await parked.waiting('other')).toEqual([]);
      await parked.park([event(2n, 'a', 'again')]);
      expect((await parked.waiting())[1]?.error).toBe('again');

      expect([await parked.asked('process'), await parked.retry('process', 'a'), await parked.retry('process', 'nowhere')]).toEqual([[], 2, 0]);
      expect(await parked.asked('process')).toEqual(['a']);
      await parked.answered('process', 'a');
      expect(await parked.asked('process')).toEqual([]);
      await parked.handled('process', 2n);

      await expect(parked.skip('process', 3n, '  ', 'ann')).rejects.toThrow('needs a reason');
      expect([await parked.skip('process', 3n, 'obsolete', 'ann'), await parked.skip('process', 3n, 'obsolete', 'ann'), await parked.skip('process', 99n, 'obsolete', 'ann')]).toEqual([true, false, false]);
      expect(await parked.asked('process')).toEqual(['a']);
      expect((await parked.waiting()).map(({ position }) => position)).toEqual([1n]);
      await parked.clear('process');
      expect(await parked.waiting()).toEqual([]);
    });
  });
};

contract('in memory', async () => {
  const table = new InMemoryLeaseTable(realClock);
  return { checkpoints: new InMemoryCheckpoints(table), leases: new InMemoryLeases(realClock, table), parked: new InMemoryParkedEvents(), snapshots: new InMemorySnapshots(), close: () => Promise.resolve() };
});

contract('in PostgreSQL', async () => {
  const { database, close }: { readonly database: Database; close(): Promise<void> } = await platformDatabase();
  return { checkpoints: new PostgresCheckpoints(database), leases: new PostgresLeases(database, realClock), parked: new PostgresParkedEvents(database), snapshots: new PostgresSnapshots(database), close };
});
