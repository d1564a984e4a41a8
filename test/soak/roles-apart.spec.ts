import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { type CdrPoster, HttpCdrPoster, type SwitchCdr } from '../../src/simulator/index.js';
import { eventually } from '../support/engine.js';
import { RequestStream } from '../support/request-stream.js';
import { SoakCenter, type SoakProcess } from '../support/soak-center.js';
import { figuresOf, type Takeovers, takeoversAfter, tooLate } from '../support/takeover-watch.js';

const ROLES = ['api', 'telephony', 'worker', 'media'] as const;
/** The balancer looks every 100 ms; a slow machine takes its time to tell it. */
const DRAIN_MS = 3_000;
const PASSWORD = 'cdrs';

describe('the roles in processes of their own, twice each', () => {
  let center: SoakCenter;
  let spool: string;

  beforeEach(() => {
    spool = mkdtempSync(join(tmpdir(), 'trunkline-spool-'));
  });
  afterEach(async () => {
    await center?.close();
    rmSync(spool, { recursive: true, force: true });
  });

  /** Posts as mod_json_cdr does, to whom the balancer trusts; what nobody takes is spooled for the role media. */
  const cdrPoster: CdrPoster = {
    post: (cdr) => {
      const spooled = ({ uuid, leg, body }: SwitchCdr): void => {
        // Calls may still end when the test is over.
        if (existsSync(spool)) writeFileSync(join(spool, `${leg}_${uuid}.cdr.json`), body);
      };
      const [url] = center.api.ready();
      if (url === undefined) spooled(cdr);
      else new HttpCdrPoster({ url: `${url}/v1/switch-cdrs`, username: 'switch', password: PASSWORD, clock: systemClock, retries: 0, onSpooled: spooled }).post(cdr);
    },
  };

  it('calls flow and requests are answered while one after the other is killed, and while all are replaced one by one', async () => {
    center = await SoakCenter.open({ callsPerSecond: 8, agents: 40, cdrPoster, env: { TRUNKLINE_DRAIN_MS: String(DRAIN_MS), TRUNKLINE_CDR_PASSWORD: PASSWORD, TRUNKLINE_CDR_SPOOL: spool } });
    mkdirSync(join(spool, 'done'), { recursive: true });
    const { random, watch, simulation, api } = center;
    const processes: Record<(typeof ROLES)[number], SoakProcess[]> = { api: [], telephony: [], worker: [], media: [] };
    for (const role of ROLES) processes[role].push(await center.start(role), await center.start(role));
    await center.setUp();
    await center.begin();
    await eventually('both API processes are ready', () => api.ready().length === 2, 60_000);
    const requests = new RequestStream(api, 100);
    requests.start();

    const takeovers: Takeovers[] = [];
    for (const role of [...ROLES, ...ROLES]) {
      await sleep(systemClock, random.between(300, 3_000));
      const [victim, other] = processes[role] as [SoakProcess, SoakProcess];
      takeovers.push(await takeoversAfter(watch, victim, other));
      processes[role] = [other, await center.start(role)];
    }
    await eventually('both API processes are ready', () => api.ready().length === 2, 60_000);
    const afterKills = { requests: requests.count, failed: api.failed.length, stranded: center.truth.totals().outcomes.stranded };

    const began = systemClock.now();
    for (const role of ROLES) {
      for (let each = 0; each < 2; each += 1) {
        const [leaving, staying] = processes[role] as [SoakProcess, SoakProcess];
        const { code, err } = await leaving.stop();
        expect([role, code, err]).toEqual([role, 0, '']);
        processes[role] = [staying, await center.start(role)];
        if (role === 'api') await eventually('the new process is ready', () => api.ready().length === 2, 60_000);
      }
    }
    const restartMs = systemClock.now() - began;
    const refusedInRestart = api.failed.slice(afterKills.failed);
    await requests.stop();
    simulation.stopCalls();
    await center.over();

    const totals = center.truth.totals().outcomes;
    process.stdout.write(`${JSON.stringify({ calls: simulation.callers.placed, kills: takeovers.length, takeover: figuresOf(takeovers), requests: requests.count, brokenOffByKills: afterKills.failed, rollingRestartMs: restartMs, refusedInRestart: refusedInRestart.length, cdrs: await center.cdrs(), truth: totals })}\n`);
    expect(refusedInRestart).toEqual([]);
    expect(await requests.broken(watch)).toEqual([]);
    expect(await center.broken()).toEqual([]);
    expect(tooLate(takeovers)).toEqual([]);
    expect(totals).toMatchObject({ stranded: 0, open: 0, lost: 0 });
  });
});
