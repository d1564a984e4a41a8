import { FaultCenter, type FaultCenterOptions, pause } from '../support/fault-center.js';
import { seededRandom } from '../support/seeded-random.js';

const { seed } = seededRandom();

describe('the whole engine when something goes wrong', () => {
  let center: FaultCenter;

  const open = async (over: Partial<FaultCenterOptions> = {}): Promise<void> => {
    center = await FaultCenter.open({ seed, calls: 40, ...over });
  };

  afterEach(() => center.close());

  it('nothing goes wrong: everything holds', async () => {
    await open();
    const { alarms } = await center.startEngine();
    await center.begin();
    await center.over();
    expect(await center.broken()).toEqual([]);
    expect([...alarms.counts]).toEqual([]);
  }, 60_000);

  it('the event socket is cut during calls and comes back after 2 s', async () => {
    await open();
    await center.startEngine();
    await center.begin();
    await center.talking(3);
    center.faults.refuseConnections(2_000);
    await center.over();
    expect(await center.broken()).toEqual([]);
    void pause;
  }, 60_000);
});
