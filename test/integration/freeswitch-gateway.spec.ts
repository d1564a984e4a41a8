import { systemClock } from '../../src/platform/time/system-clock.js';
import { connectEsl } from '../../src/telephony/adapters/freeswitch/esl-client.js';
import { FreeswitchGateway } from '../../src/telephony/adapters/freeswitch/freeswitch-gateway.js';
import { FreeswitchNodeSessions } from '../../src/telephony/adapters/freeswitch/freeswitch-node-sessions.js';
import type { SwitchAction } from '../../src/telephony/contract/switch-actions.js';
import type { NodeSession } from '../../src/telephony/ports/node-sessions.port.js';
import { eventually } from '../support/eventually.js';
import { SeededRandom } from '../support/manual-clock.js';
import { parkedRow, ScriptedSwitch } from '../support/scripted-switch.js';

const answer = (actionId: string, channelId = 'leg-1'): SwitchAction => ({ actionId, channelId, deed: 'answer' });
const hangUp = (actionId: string, channelId = 'leg-1'): SwitchAction => ({ actionId, channelId, deed: 'hang-up', cause: 'NORMAL_CLEARING' });
const originate = (actionId: string, channelId = 'leg-1'): SwitchAction => ({
  actionId,
  channelId,
  deed: 'originate',
  whom: 'agent',
  callId: 'call-1',
  tenantId: 'tenant-1',
  address: 'user/1001@default',
  callerNumber: '60011',
  callerName: '',
  timeoutMs: 5_000,
});
const collect = (actionId: string): SwitchAction => ({ actionId, channelId: 'leg-1', deed: 'collect-digits', prompt: '', minDigits: 1, maxDigits: 4, timeoutMs: 500, terminators: '#', sensitive: false });
const ofLeg = (more: Record<string, string> = {}): Record<string, string> => ({ 'Unique-ID': 'leg-1', 'Call-Direction': 'outbound', 'Caller-Channel-Created-Time': '1795382406000000', ...more });

describe('deeds on a node', () => {
  let freeswitch: ScriptedSwitch;
  let session: NodeSession;
  let gateway: FreeswitchGateway;
  /** Jobs that the switch accepted: verb and id. */
  let jobs: { readonly command: string; readonly jobId: string }[];

  const settings = (port: number) => ({ name: 'fs1', host: '127.0.0.1', port, password: 'secret', deviceAddress: '', trunkAddress: '', music: '', recordingsFolder: '' });
  const jobOf = async (jobId: string): Promise<void> => eventually(() => jobs.some((job) => job.jobId === jobId));

  beforeEach(async () => {
    freeswitch = await new ScriptedSwitch().start();
    jobs = [];
    freeswitch.onJob = (command, jobId) => jobs.push({ command, jobId });
    gateway = new FreeswitchGateway(systemClock, { jobTimeoutMs: 400 });
    const sessions = new FreeswitchNodeSessions(connectEsl, gateway, systemClock, new SeededRandom(3), { redialMs: { first: 10, longest: 20 } });
    session = sessions.open('fs1', settings(freeswitch.port), { onGapOpened: () => undefined, onConnected: async () => undefined, onFacts: () => undefined });
    session.start();
    await eventually(() => gateway.isReady('fs1'));
  });

  afterEach(async () => {
    await session.close();
    await freeswitch.stop();
  });

  it('a job is sent under the id of its action and answers with its result', async () => {
    const done = gateway.perform('fs1', answer('job-1'));
    await jobOf('job-1');
    await freeswitch.jobDone('another', '-ERR not ours\n');
    await freeswitch.jobDone('job-1', '+OK answered\n');
    await expect(done).resolves.toEqual({ ok: true, result: 'answered' });
    expect(jobs).toEqual([{ command: 'uuid_answer leg-1', jobId: 'job-1' }]);
  });

  it('what the switch refuses is a failure, whether at once or as the job', async () => {
    const done = gateway.perform('fs1', hangUp('job-1'));
    await jobOf('job-1');
    await freeswitch.jobDone('job-1', '-ERR No such channel!\n');
    await expect(done).resolves.toEqual({ ok: false, reason: 'No such channel!' });
    await expect(gateway.perform('fs1', { actionId: 'job-2', channelId: 'no channel', deed: 'answer' })).resolves.toMatchObject({ ok: false });
    expect(jobs).toHaveLength(1);
  });

  it('deeds on one channel run in their order, those on others beside them', async () => {
    const first = gateway.perform('fs1', answer('a-1', 'leg-a'));
    const second = gateway.perform('fs1', hangUp('a-2', 'leg-a'));
    const beside = gateway.perform('fs1', answer('b-1', 'leg-b'));
    await jobOf('a-1');
    await jobOf('b-1');
    await freeswitch.jobDone('b-1', '+OK\n');
    await beside;
    expect(jobs.map((job) => job.jobId)).not.toContain('a-2');
    await freeswitch.jobDone('a-1', '-ERR no\n');
    await first;
    await jobOf('a-2');
    await freeswitch.jobDone('a-2', '+OK\n');
    await expect(second).resolves.toMatchObject({ ok: true });
  });

  it('a result that does not come is unknown, the next deed goes on, and nothing is sent again', async () => {
    await expect(gateway.perform('fs1', answer('job-1'))).resolves.toMatchObject({ ok: 'unknown', reason: expect.stringContaining('400 ms') });
    const next = gateway.perform('fs1', hangUp('job-2'));
    await jobOf('job-2');
    await freeswitch.jobDone('job-1', '+OK late\n');
    await freeswitch.jobDone('job-2', '+OK\n');
    await expect(next).resolves.toMatchObject({ ok: true });
    expect(jobs.map((job) => job.jobId)).toEqual(['job-1', 'job-2']);
  });

  it('a connection that goes before the result leaves it unknown; after it has come back nothing is sent again', async () => {
    const done = gateway.perform('fs1', answer('job-1'));
    await jobOf('job-1');
    freeswitch.cut();
    await expect(done).resolves.toMatchObject({ ok: 'unknown' });
    await eventually(() => gateway.isReady('fs1'));
    expect(jobs).toHaveLength(1);
  });

  it('a node that is not connected, or not ours, does nothing and says so', async () => {
    await expect(gateway.perform('fs2', answer('job-1'))).resolves.toMatchObject({ ok: false, reason: expect.stringContaining('nothing was sent') });
    await expect(gateway.exists('fs2', 'leg-1')).rejects.toThrow('does not own');
    await session.close();
    expect(gateway.isReady('fs1')).toBe(false);
    await expect(gateway.perform('fs1', answer('job-2'))).resolves.toMatchObject({ ok: false });
    expect(jobs).toEqual([]);
  });

  it('a leg that rings can be hung up before its originate has a result, but not before it exists', async () => {
    const ringing = gateway.perform('fs1', originate('job-1'));
    const hungUp = gateway.perform('fs1', hangUp('job-2'));
    await jobOf('job-1');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(jobs).toHaveLength(1);
    await freeswitch.fire('CHANNEL_CREATE', ofLeg());
    await jobOf('job-2');
    await freeswitch.jobDone('job-2', '+OK\n');
    await expect(hungUp).resolves.toMatchObject({ ok: true });
    await freeswitch.fire('CHANNEL_HANGUP_COMPLETE', ofLeg({ 'Hangup-Cause': 'ORIGINATOR_CANCEL' }));
    freeswitch.alive.add('leg-1');
    await freeswitch.jobDone('job-1', '-ERR ORIGINATOR_CANCEL\n');
    await expect(ringing).resolves.toEqual({ ok: false, reason: 'ORIGINATOR_CANCEL' });
  });

  it('an originate that failed while the leg lives has not failed', async () => {
    const done = gateway.perform('fs1', originate('job-1'));
    await jobOf('job-1');
    freeswitch.rows = [parkedRow('leg-1')];
    await freeswitch.jobDone('job-1', '-ERR ORIGINATOR_CANCEL\n');
    await expect(done).resolves.toEqual({ ok: true, result: 'leg-1' });
    freeswitch.rows = [];
    const failed = gateway.perform('fs1', originate('job-2', 'leg-2'));
    await jobOf('job-2');
    await freeswitch.jobDone('job-2', '-ERR USER_BUSY\n');
    await expect(failed).resolves.toEqual({ ok: false, reason: 'USER_BUSY' });
  });

  it('digits are collected by the channel; their result comes back, they themselves do not', async () => {
    const executed: string[] = [];
    freeswitch.onExecute = (message) => executed.push(message);
    const done = gateway.perform('fs1', collect('action-1'));
    await eventually(() => executed.length === 1);
    expect(executed[0]).toContain('Event-UUID: action-1');
    expect(executed[0]).toContain('event-lock: true');
    const argument = /execute-app-arg: (.*)/.exec(executed[0] ?? '')?.[1] ?? '';
    const complete = (id: string) => ofLeg({ Application: 'play_and_get_digits', 'Application-Data': argument, 'Application-UUID': id, variable_read_result: 'success', variable_trunkline_digits: '1234' });
    await freeswitch.fire('CHANNEL_EXECUTE_COMPLETE', complete('another'));
    await freeswitch.fire('CHANNEL_EXECUTE_COMPLETE', complete('action-1'));
    await expect(done).resolves.toEqual({ ok: true, result: 'success' });
  });

  it('a caller who hangs up while digits are collected ends that, and a hang-up does not wait for it', async () => {
    const done = gateway.perform('fs1', collect('action-1'));
    const hungUp = gateway.perform('fs1', hangUp('job-2'));
    await jobOf('job-2');
    await freeswitch.jobDone('job-2', '+OK\n');
    await hungUp;
    await freeswitch.fire('CHANNEL_HANGUP_COMPLETE', ofLeg({ 'Hangup-Cause': 'NORMAL_CLEARING' }));
    await expect(done).resolves.toEqual({ ok: false, reason: 'the channel ended' });
  });

  it('the same action is not carried out twice at a time', async () => {
    const first = gateway.perform('fs1', answer('job-1', 'leg-a'));
    await jobOf('job-1');
    await expect(gateway.perform('fs1', answer('job-1', 'leg-b'))).resolves.toMatchObject({ ok: false });
    await freeswitch.jobDone('job-1', '+OK\n');
    await expect(first).resolves.toMatchObject({ ok: true });
  });

  it('a thousand deeds on hundred channels keep their order and leave nothing behind', async () => {
    const seen = new Map<string, number[]>();
    freeswitch.onJob = (command, jobId) => {
      const [channel = '', n = ''] = jobId.split(':');
      seen.set(channel, [...(seen.get(channel) ?? []), Number(n)]);
      setTimeout(() => void freeswitch.jobDone(jobId, `+OK ${command}\n`), Number(n) % 3);
    };
    const deeds = Array.from({ length: 1_000 }, (_, i) => gateway.perform('fs1', answer(`leg-${i % 100}:${Math.floor(i / 100)}`, `leg-${i % 100}`)));
    const results = await Promise.all(deeds);
    expect(results.every((result) => result.ok === true)).toBe(true);
    expect([...seen.values()].every((order) => order.join() === '0,1,2,3,4,5,6,7,8,9')).toBe(true);
  });
});
