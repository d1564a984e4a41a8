import { sleep } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { SoakCenter, type SoakProcess } from '../support/soak-center.js';
import { type Takeover, takeoversAfter } from '../support/takeover-watch.js';

const CALLS = Number(process.env['SOAK_CALLS'] ?? 2_000);
const TAKEOVER_MS = 5_000;

describe('two processes on one PostgreSQL', () => {
  let center: SoakCenter;

  afterEach(() => center?.close());

  it('one of them is killed again and again during calls: the other takes over within 5 s, and nothing is lost, doubled or stuck', async () => {
    center = await SoakCenter.open({ calls: CALLS, callsPerSecond: 12, agents: 60 });
    const { random, watch, simulation } = center;
    let pair: readonly [SoakProcess, SoakProcess] = [await center.start(), await center.start()];
    await center.setUp();
    await center.begin();
    await center.placed(30);
    const takeovers: (Takeover & { readonly stalledMs: number })[] = [];
    let kills = 0;
    // The last calls belong to two processes that live.
    while (simulation.callers.placed < CALLS * 0.9) {
      await sleep(systemClock, random.between(500, 5_000));
      const [victim, other] = pair;
      const { took, stalledMs } = await takeoversAfter(watch, victim.pid, () => victim.kill());
      kills += 1;
      takeovers.push(...took.map((each) => ({ ...each, stalledMs })));
      process.stdout.write(`kill ${kills} at call ${simulation.callers.placed}, ${center.talks()} talk: ${took.map(({ lease, heldAfterMs, workedAfterMs }) => `${lease} ${heldAfterMs}/${workedAfterMs}`).join(', ')}; stalled ${stalledMs}\n`);
      pair = [other, await center.start()];
    }
    await center.over();
    process.stdout.write(`${JSON.stringify({ calls: simulation.callers.placed, kills, cdrs: await center.cdrs(), truth: center.truth.totals().outcomes, refused: center.refused.length, failedAttempts: center.api.failed.length })}\n`);
    expect(await center.broken()).toEqual([]);
    expect(takeovers.filter(({ workedAfterMs, stalledMs }) => workedAfterMs > TAKEOVER_MS + 3 * stalledMs)).toEqual([]);
    expect(center.truth.totals().outcomes).toMatchObject({ stranded: 0, open: 0, lost: 0 });
  });
});
