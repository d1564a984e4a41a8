import { jest } from '@jest/globals';
import type { Clock } from '../../src/kernel/clock.js';
import { LeaseLost } from '../../src/platform/subscriptions/leases.port.js';
import type { Lease, LeaseTiming, LeaseToken, Leases } from '../../src/platform/subscriptions/leases.port.js';

jest.setTimeout(60_000);

/** Short enough for a test, long enough for a busy machine: what is asserted never depends on it. */
export const TEST_TIMING: LeaseTiming = { ttlMs: 1_500, renewalMs: 300 };

/** One process as an adapter's suite gives it. */
export interface LeaseProcess {
  readonly leases: Leases;
  /** Cuts this process, and no other, off from where leases are kept. */
  cut(): Promise<void>;
  restore(): Promise<void>;
}

export interface LeasesHarness {
  readonly clock: Clock;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  process(clock: Clock): Promise<LeaseProcess>;
  /** A checkpoint write that checks the epoch in the same transaction; `before` runs between check and commit. */
  writeCheckpoint(token: LeaseToken, value: number, before?: () => Promise<void>): Promise<void>;
  readCheckpoint(): Promise<number>;
  close(): Promise<void>;
}

const acquired = async (leases: Leases, name: string, holder: string): Promise<Lease> => {
  const lease = await leases.acquire(name, holder);
  if (lease === undefined) throw new Error(`${name} should have been free for ${holder}`);
  return lease;
};

/** A process that hangs: its time goes on, but none of its timers fires. */
const hung = (clock: Clock): Clock => ({ now: () => clock.now(), after: () => ({ cancel: () => undefined }) });

const acquiredInTime = async ({ pass }: LeasesHarness, leases: Leases, name: string, holder: string): Promise<Lease> => {
  for (;;) {
    const lease = await leases.acquire(name, holder);
    if (lease !== undefined) return lease;
    await pass(50);
  }
};

const untilLost = async ({ pass }: LeasesHarness, lease: Lease): Promise<void> => {
  while (!lease.lost.aborted) await pass(50);
};

/** What every adapter of the Leases port promises. */
export const leasesContract = (adapter: string, start: () => Promise<LeasesHarness>): void => {
  describe(`leases (${adapter})`, () => {
    let harness: LeasesHarness;
    let one: LeaseProcess;
    let two: LeaseProcess;

    beforeEach(async () => {
      harness = await start();
      one = await harness.process(harness.clock);
      two = await harness.process(harness.clock);
    });
    afterEach(async () => {
      await harness.close();
    });

    test('the first holder gets epoch 1, the second nothing, and another name is free', async () => {
      const lease = await acquired(one.leases, 'node:a', 'one');
      expect([lease.name, lease.holder, lease.epoch, lease.isHeld()]).toEqual(['node:a', 'one', 1n, true]);
      expect(await two.leases.acquire('node:a', 'two')).toBeUndefined();
      expect(await one.leases.acquire('node:a', 'one')).toBeUndefined();
      const other = await acquired(two.leases, 'node:b', 'two');
      expect(other.epoch).toBe(1n);
      await Promise.all([lease.release(), other.release()]);
    });

    test('of many who ask at once exactly one gets it', async () => {
      for (const name of Array.from({ length: 25 }, (_, i) => `node:${i}`)) {
        const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? one : two).leases.acquire(name, `holder-${i}`)));
        const winners = answers.filter((lease) => lease !== undefined);
        expect(winners).toHaveLength(1);
        await winners[0]?.release();
      }
    });

    test('a holder that renews keeps it beyond its first expiry', async () => {
      const lease = await acquired(one.leases, 'node:a', 'one');
      await harness.pass(TEST_TIMING.ttlMs * 2);
      expect(lease.isHeld()).toBe(true);
      expect(lease.lost.aborted).toBe(false);
      expect(await two.leases.acquire('node:a', 'two')).toBeUndefined();
      await lease.release();
    });

    test('a release lets the next one in at once, with a higher epoch, and is no loss', async () => {
      const lease = await acquired(one.leases, 'node:a', 'one');
      await lease.release();
      await lease.release();
      expect(lease.isHeld()).toBe(false);
      expect(lease.lost.aborted).toBe(false);
      const next = await acquired(two.leases, 'node:a', 'two');
      expect(next.epoch).toBe(2n);
      await lease.release();
      expect(next.isHeld()).toBe(true);
      expect(await one.leases.acquire('node:a', 'one')).toBeUndefined();
      await next.release();
    });

    test('a holder that hangs loses it: it can see so itself before anybody else can have it, and its late checkpoint is refused', async () => {
      const victim = await harness.process(hung(harness.clock));
      const lease = await acquired(victim.leases, 'projections', 'victim');
      await harness.writeCheckpoint(lease, 10);
      const next = await acquiredInTime(harness, two.leases, 'projections', 'two');
      expect(lease.isHeld()).toBe(false);
      expect(next.epoch).toBe(2n);
      await harness.writeCheckpoint(next, 20);
      await expect(harness.writeCheckpoint(lease, 11)).rejects.toThrow(LeaseLost);
      expect(await harness.readCheckpoint()).toBe(20);
      await lease.release();
      expect(next.isHeld()).toBe(true);
      await next.release();
    });

    test('a holder that is cut off is told, and after the takeover it cannot come back with the old epoch', async () => {
      const lease = await acquired(one.leases, 'node:a', 'one');
      await one.cut();
      await untilLost(harness, lease);
      expect(lease.isHeld()).toBe(false);
      expect(lease.lost.reason).toBeInstanceOf(LeaseLost);
      await expect(one.leases.acquire('node:a', 'one')).rejects.toThrow(/reach/);
      const next = await acquiredInTime(harness, two.leases, 'node:a', 'two');
      await one.restore();
      expect(next.epoch).toBe(2n);
      await expect(harness.writeCheckpoint(lease, 1)).rejects.toThrow(LeaseLost);
      expect(await one.leases.acquire('node:a', 'one')).toBeUndefined();
      await next.release();
    });

    test('a cut that is over before the expiry costs nothing', async () => {
      const lease = await acquired(one.leases, 'node:a', 'one');
      await one.cut();
      await harness.pass(TEST_TIMING.renewalMs);
      await one.restore();
      await harness.pass(TEST_TIMING.ttlMs * 1.5);
      expect(lease.isHeld()).toBe(true);
      expect(await two.leases.acquire('node:a', 'two')).toBeUndefined();
      await lease.release();
    });

    test('nobody has had this lease: a checkpoint with an invented epoch is refused', async () => {
      await expect(harness.writeCheckpoint({ name: 'node:a', epoch: 1n }, 1)).rejects.toThrow(LeaseLost);
      expect(await harness.readCheckpoint()).toBe(0);
    });
  });
};
