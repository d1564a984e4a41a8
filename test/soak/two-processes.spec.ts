import { sleep } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { SoakCenter, type SoakProcess } from '../support/soak-center.js';
import { figuresOf, type Takeovers, takeoversAfter, tooLate } from '../support/takeover-watch.js';

const CALLS = Number(process.env['SOAK_CALLS'] ?? 2_000);

describe('two processes on one PostgreSQL', () => {
  let center: SoakCenter;

  afterEach(() => center?.close());

  it('one of them is killed again and again during calls: the other takes over within 5 s, and nothing is lost, doubled or stuck', async () => {
    center = await SoakCenter.open({ calls: CALLS, callsPerSecond: 12, agents: 60 });
    const { random, watch, simulation, truth, api } = center;
    let pair: readonly [SoakProcess, SoakProcess] = [await center.start(), await center.start()];
    await center.setUp();
    await center.begin();
    await center.placed(30);
    const takeovers: Takeovers[] = [];
    // The last calls belong to two processes that live.
    while (simulation.callers.placed < CALLS * 0.85) {
      await sleep(systemClock, random.between(500, 5_000));
      // Mostly the one that does the work, now and then the one that stands by.
      const [victim, other] = random.next() < 0.85 ? pair : [pair[1], pair[0]];
      takeovers.push(await takeoversAfter(watch, victim, other));
      let next = center.spawn();
      if (random.next() < 0.2) {
        // Killed again while it starts.
        await sleep(systemClock, random.between(100, 2_000));
        await next.kill();
        next = center.spawn();
      }
      await next.running;
      pair = [other, next];
    }
    await center.over();
    const { outcomes } = truth.totals();
    process.stdout.write(`${JSON.stringify({ calls: simulation.callers.placed, kills: takeovers.length, takeover: figuresOf(takeovers), cdrs: await center.cdrs(), truth: outcomes, requests: api.answered, brokenOffByKills: api.failed.length, refusedToAgents: center.refused.length })}\n`);
    expect(await center.broken()).toEqual([]);
    expect(tooLate(takeovers)).toEqual([]);
    expect(outcomes).toMatchObject({ stranded: 0, open: 0, lost: 0 });
  });
});
