import { describe, expect, it } from '@jest/globals';
import { readinessOf } from '../../../src/engine/readiness.js';
import type { Database } from '../../../src/platform/postgres/database.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { Reader } from '../../../src/platform/subscriptions/reader.js';
import { ManualClock, settle } from '../../support/manual-clock.js';
import { counted, sampleLog } from '../../support/sample-log.js';

const well = { query: () => Promise.resolve({ rows: [] }) } as unknown as Database;

const given = async () => {
  const clock = new ManualClock();
  const { log, write } = sampleLog(clock);
  const reader = new Reader(log, clock, new AlarmCounter());
  await reader.start();
  const checks = readinessOf({ core: { reader, clock }, store: log.store, database: well, telephony: undefined });
  /** Codes of what is told within two seconds of the clock. */
  const codes = async (): Promise<string[]> => {
    const asked = Promise.all(checks.map(({ failure, problem }) => problem().then((found) => found?.code, () => failure)));
    await clock.advance(2_000);
    return (await asked).filter((code) => code !== undefined);
  };
  const add = (name: string) => {
    let holds = false;
    let release: () => void = () => undefined;
    reader.add({ name, eventTypes: 'all', after: 0n, handle: () => (holds ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve()) });
    return { hold: () => (holds = true), letGo: () => { holds = false; release(); } };
  };
  return { clock, write, reader, codes, add };
};

describe('readiness', () => {
  it('says so when calls are driven by what is older than the log, and is ready again when they are not', async () => {
    const { write, codes, add, reader } = await given();
    const telephony = add('telephony');
    expect(await codes()).toEqual([]);
    telephony.hold();
    await write(counted('a', 'c1'));
    expect(await codes()).toEqual(['not-caught-up']);
    telephony.letGo();
    await settle();
    expect(await codes()).toEqual([]);
    await reader.stop();
  });

  it('says so when a read model is more than 30 s behind, and not of one that is built beside those that are served', async () => {
    const { write, codes, add, clock, reader } = await given();
    const [served, building] = [add('projections/board'), add('projections/board/board v2')];
    building.hold();
    await write(counted('a', 'c1'));
    await clock.advance(40_000);
    expect(await codes()).toEqual([]);
    served.hold();
    await write(counted('b', 'c1'));
    await clock.advance(20_000);
    expect(await codes()).toEqual([]);
    await clock.advance(20_000);
    expect(await codes()).toEqual(['read-models-late']);
    served.letGo();
    building.letGo();
    await settle();
    expect(await codes()).toEqual([]);
    // Once it has caught up it counts.
    building.hold();
    await write(counted('c', 'c1'));
    await clock.advance(40_000);
    expect(await codes()).toEqual(['read-models-late']);
    building.letGo();
    await reader.stop();
  });

  it('says so when somebody who follows the log stopped for good', async () => {
    const { write, codes, reader } = await given();
    reader.add({ name: 'broken', eventTypes: 'all', after: 0n, handle: () => Promise.reject(new Error('a bug')) });
    await write(counted('a', 'c1'));
    await settle();
    expect(await codes()).toEqual(['consumer-failed']);
    await reader.stop();
  });
});
