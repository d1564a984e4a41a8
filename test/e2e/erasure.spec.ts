import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModels } from '../../projections/read-models.js';
import { type Program, startProgram } from '../../src/engine/program.js';
import { isoTime } from '../../src/kernel/clock.js';
import { ERASED, type RecordedEvent } from '../../src/kernel/event.js';
import { streamOf } from '../../src/kernel/streams.js';
import { newApiKey } from '../../src/platform/http/access/api-key.js';
import { createLogger } from '../../src/platform/observability/logger.js';
import { Database } from '../../src/platform/postgres/database.js';
import { PostgresParkedEvents } from '../../src/platform/postgres/parked-events.js';
import { QUARANTINE_MS } from '../../src/platform/privacy/subject-keys.port.js';
import { rebuild } from '../../src/platform/subscriptions/projection-rebuild.js';
import { ProjectionStore } from '../../src/platform/subscriptions/projection-store.js';
import { verify } from '../../src/platform/subscriptions/projection-verify.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { settingsFrom } from '../../src/settings.js';
import { type CdrPoster, EslSocketServer, HttpCdrPoster, type Line, SeededRandom, SimulatedSwitch, wavFiles } from '../../src/simulator/index.js';
import { databaseUrlOf, ensureBuilt, trunkline } from '../support/built-program.js';
import { eventually, nodeUrl, queueSettings } from '../support/engine.js';
import { EventSource } from '../support/event-source.js';
import { wholeLog } from '../../src/engine/simulation/invariants/histories.js';
import { Needles } from '../support/needles.js';
import { phones } from '../support/phones.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres.js';
import { type Answer, requestAt } from '../support/requests.js';

/** Who asks to be erased: the same person to us, however the number is written. */
const GONE = { number: '+4917655500111', name: 'Wilhelmine Ünverwechselbar' };
const STAYS = { number: '+4917655500222', name: 'Balthasar Einzigartig' };
/** To whom calls are transferred. */
const THIRD = '+4930777123456';
const DIGITS = '918273645';
const AGENT = { name: 'Agnes Geheimzuhalten', home: '+4917699887766' };
const MASTER_KEY = '07'.repeat(32);
/** What all ways of writing a number have in common, and each part of a name. */
const forms = ({ number, name }: { readonly number: string; readonly name: string }): string[] => [number.slice(3), ...name.split(' ')];
/** All that is personal at all: none of it may lie in plain sight anywhere, erased or not. */
const PERSONAL = new Needles([...forms(GONE), ...forms(STAYS), ...forms({ number: AGENT.home, name: AGENT.name }), THIRD.slice(3), DIGITS]);
const BEGIN = systemClock.now();

describe('erasing a person', () => {
  let fresh: FreshDatabase;
  let database: Database;
  let fs: SimulatedSwitch;
  let server: EslSocketServer;
  let folder: string;
  let one: Program;
  let other: Program;
  let key: string;
  let logged = '';
  let answered = '';
  /** What the switch wrote of each leg. */
  const cdrs = new Map<string, string>();

  const env = (): Record<string, string> => ({ DATABASE_URL: databaseUrlOf(fresh.pool), TRUNKLINE_DATA_DIR: join(folder, 'data'), TRUNKLINE_HTTP_PORT: '0', TRUNKLINE_MASTER_KEY: MASTER_KEY, TRUNKLINE_CDR_PASSWORD: 'cdr' });
  const start = (roles: string, objects = 'data'): Promise<Program> => {
    const settings = { ...settingsFrom({ ...env(), TRUNKLINE_ROLES: roles }), dataDir: join(folder, objects), cdrSpool: join(folder, 'spool'), freeswitchNodes: roles.includes('telephony') ? [nodeUrl(server.port, { recordingsFolder: join(folder, 'recordings') })] : [] };
    return startProgram({ settings, projections: readModels, logger: createLogger('trace', { write: (line: string) => void (logged += line) }) });
  };
  const startBoth = async (): Promise<void> => {
    one = await start('api,telephony,worker,media');
    other = await start('api,worker');
    await eventually('the node is ready', () => one.engine.telephony?.media.isReady('fs1'));
  };
  const stopBoth = async (): Promise<void> => {
    await other.stop();
    await one.stop();
  };

  const send = (category: string, id: string, type: string, data: unknown, tenantId = 'acme') => {
    const commandId = systemRandom.uuid();
    const meta = { commandId, tenantId, at: isoTime(systemClock.now()), actor: { kind: 'user' as const, id: 'test' }, correlationId: commandId, causationId: commandId };
    return one.engine.core.dispatcher.dispatch(streamOf(category, id), { type, data, meta });
  };
  const ask = async (program: Program, method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await requestAt(program.url ?? '')(method, path, body === undefined ? { key } : { key, body, headers: { 'idempotency-key': systemRandom.uuid() } });
    answered += typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    return answer;
  };
  const events = (callId: string, program = one): Promise<RecordedEvent[]> => program.engine.core.log.readStream(streamOf('call', callId));
  const has = (callId: string, type: string, count = 1) => eventually(`${type} of ${callId}`, async () => (await events(callId)).filter((event) => event.type === type).length >= count);
  const call = ({ number, name }: { readonly number: string; readonly name: string }): Line => fs.placeCall({ from: number, fromName: name, to: '+15550199' }, {});
  const settled = (callId: string, deed: string) =>
    eventually(`${deed} of ${callId}`, async () => {
      const all = await events(callId);
      const asked = all.find(({ type, data }) => type === 'SwitchActionRequested' && (data as { deed: string }).deed === deed)?.data as { actionId: string } | undefined;
      return asked !== undefined && all.some(({ type, data }) => type === 'SwitchActionSucceeded' && (data as { actionId: string }).actionId === asked.actionId);
    });
  const caughtUp = async (): Promise<void> => {
    const head = await one.engine.core.store.head();
    for (const { name } of readModels) await one.engine.progress.waitFor(name, head, 20_000);
  };

  /** A call with all that a call can have: queued, answered, digits sent, recorded, transferred. */
  const wholeCall = async (person: typeof GONE): Promise<{ readonly callId: string; readonly recordingId: string }> => {
    await send('agentShift', 'ann+1', 'MakeAvailable', {});
    const line = call(person);
    const callId = line.channelId;
    await has(callId, 'AgentContactStarted');
    await ask(one, 'POST', `/v1/calls/${callId}/send-digits`, { digits: DIGITS });
    await settled(callId, 'send-digits');
    const { body } = await ask(one, 'POST', `/v1/calls/${callId}/recordings`, {});
    await has(callId, 'RecordingStarted');
    await ask(one, 'DELETE', `/v1/calls/${callId}/recordings/${String(body.recordingId)}`);
    await has(callId, 'RecordingStopped');
    await ask(one, 'POST', `/v1/calls/${callId}/transfer`, { destination: THIRD });
    await has(callId, 'LegTransferred');
    line.hangUp();
    await has(callId, 'CallEnded');
    const spooled = await eventually('the CDR', () => cdrs.get(callId));
    writeFileSync(join(folder, 'spool', `a_${callId}.cdr.json`), spooled);
    expect(new Needles(forms(person)).in('the CDR', spooled)).not.toEqual([]);
    await send('agentShift', 'ann+1', 'PauseAgent', { reason: 'lunch', force: true });
    return { callId, recordingId: String(body.recordingId) };
  };
  const storedAs = (recordingId: string, state: string) => eventually(`${recordingId} is ${state}`, async () => (await ask(one, 'GET', `/v1/recordings/${recordingId}`)).body?.state === state);
  const keptFiles = (): string[] => ['recordings', 'data'].flatMap((part) => (existsSync(join(folder, part)) ? readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' }) : []));

  /** Nothing personal lies in plain sight: in no table, in no file of the database as it is on the disk, in no file of ours, in no log line. */
  const nothingInSight = async (): Promise<void> => {
    expect(await PERSONAL.inTables(database)).toEqual([]);
    expect(await PERSONAL.onDisk(database, BEGIN)).toEqual([]);
    expect(await new Needles(['CallStarted']).onDisk(database, BEGIN)).not.toEqual([]);
    expect(PERSONAL.inFiles(folder)).toEqual([]);
    expect(PERSONAL.in('process logs', logged)).toEqual([]);
  };
  /** Whoever has everything, master key included, finds nothing of these: not in the log, not in an answer. */
  const unreadable = async (needles: Needles, calls: readonly string[]): Promise<void> => {
    for (const program of [one, other]) {
      expect(needles.in('the log', JSON.stringify((await wholeLog(program.engine.core.log)).map(({ data, metadata }) => ({ data, metadata }))))).toEqual([]);
      answered = '';
      for (const callId of calls) for (const path of [`/v1/call-history/${callId}`, `/v1/calls/${callId}`, `/v1/calls/${callId}/events?limit=1000`, `/v1/calls/${callId}/state`]) await ask(program, 'GET', path);
      for (const path of ['/v1/call-history?limit=1000', '/v1/calls?limit=1000', '/v1/call-history/export?format=csv', '/v1/call-history/export?format=ndjson', '/v1/agents', '/v1/recordings']) await ask(program, 'GET', path);
      expect(needles.in('answers', answered)).toEqual([]);
      expect(new Needles([STAYS.name, STAYS.number]).in('answers', answered).length).toBe(2);
    }
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'erasure-'));
    mkdirSync(join(folder, 'recordings'));
    mkdirSync(join(folder, 'spool'));
    fresh = await freshDatabase();
    database = new Database(fresh.pool);
    const cdrPoster: CdrPoster = { post: (cdr) => {
      cdrs.set(cdr.uuid, cdr.body);
      new HttpCdrPoster({ url: `${one.url}/v1/switch-cdrs`, username: 'switch', password: 'cdr', clock: systemClock, retries: 0 }).post(cdr);
    } };
    fs = new SimulatedSwitch({ clock: systemClock, random: new SeededRandom(3), endpoints: phones(), recordingFiles: wavFiles, cdrPoster });
    server = new EslSocketServer(fs);
    await server.listen();
    await startBoth();
    await send('tenant', 'acme', 'CreateTenant', { tenantId: 'acme', settings: { name: 'Acme', country: 'DE', timeZone: 'Europe/Berlin' } });
    const keyId = systemRandom.uuid();
    const issued = newApiKey(keyId);
    await send('apiKey', keyId, 'IssueApiKey', { keyId, tenantId: 'acme', name: 'test', scopes: ['admin'], hash: issued.hash, expiresAt: null });
    key = issued.key;
    await send('queue', 'sales', 'CreateQueue', { queueId: 'sales', settings: queueSettings() });
    await send('number', 'n1', 'AssignNumber', { numberId: 'n1', number: '+15550199', destination: { kind: 'queue', queueId: 'sales' } });
    await send('agent', 'ann', 'CreateAgent', { agentId: 'ann', settings: { displayName: AGENT.name, deviceUser: null, address: `sofia/gateway/carrier/${AGENT.home}` } });
    await send('queue', 'sales', 'JoinQueue', { agentId: 'ann', level: 1, position: 1 });
    await send('agent', 'ann', 'StartShift', {});
    await eventually('the shift opens', () => one.engine.telephony?.routing.shiftOf('ann'));
  }, 60_000);

  afterAll(async () => {
    await stopBoth();
    fs.stop();
    await server.close();
    await database.close();
    await fresh.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('leaves nothing of them anywhere, in no process, live calls included, and everything of others', async () => {
    const gone = await wholeCall(GONE);
    const stays = await wholeCall(STAYS);
    for (const { recordingId } of [gone, stays]) await storedAs(recordingId, 'stored');
    const waiting = call(GONE);
    await has(waiting.channelId, 'CallEnqueued');
    await eventually('the spooled CDRs are collected', () => readdirSync(join(folder, 'spool')).length === 0);
    await caughtUp();
    // Both processes have read them, and somebody watches.
    const watching = await EventSource.open(`${other.url}/v1/live/calls`, key);
    await watching.next('the board', ({ data }) => JSON.stringify(data).includes(GONE.number));
    for (const program of [one, other]) {
      const { body } = await ask(program, 'GET', `/v1/call-history?number=${encodeURIComponent(GONE.number)}`);
      expect(body.items.map(({ callId, fromName }: { callId: string; fromName: string }) => [callId, fromName])).toEqual([[waiting.channelId, GONE.name], [gone.callId, GONE.name]]);
      expect((await ask(program, 'GET', `/v1/call-history/${gone.callId}`)).body.transfers[0].destination).toBe(THIRD);
    }
    expect(await PERSONAL.inTables(database)).toEqual([]);

    // As the person may have written it down.
    const asked = await ask(other, 'POST', '/v1/persons/erase', { number: '0176 55500111', reason: 'request', reference: 'T-4711' });
    expect([asked.status, asked.body.recordings]).toEqual([202, 1]);
    const done = await eventually('the keys are destroyed', async () => {
      const { body } = await ask(one, 'GET', `/v1/persons/${String(asked.body.personId)}`);
      return body.erasures?.[0].erasedAt === null ? undefined : body;
    });
    expect(done).toMatchObject({ kind: 'number', erasures: [{ reason: 'request', reference: 'T-4711', recordings: 1 }] });
    await watching.next('the board without them', ({ data }) => JSON.stringify(data).includes(ERASED));
    watching.close();
    await storedAs(gone.recordingId, 'deleted');
    expect(keptFiles().filter((name) => name.includes(gone.recordingId))).toEqual([]);

    // The caller who waits is served as somebody unknown, and what the state of the call still knew is not written down again.
    await send('agentShift', 'ann+1', 'MakeAvailable', {});
    await has(waiting.channelId, 'AgentContactStarted');
    waiting.hangUp();
    await has(waiting.channelId, 'CallEnded');
    // So is the one who calls again at once.
    const again = call(GONE);
    await has(again.channelId, 'CallEnqueued');
    again.hangUp();
    await has(again.channelId, 'CallEnded');
    await send('agentShift', 'ann+1', 'PauseAgent', { reason: 'lunch', force: true });
    await caughtUp();

    const erased = new Needles(forms(GONE));
    const calls = [gone.callId, waiting.channelId, again.channelId];
    await unreadable(erased, calls);
    for (const program of [one, other]) {
      expect((await ask(program, 'GET', `/v1/call-history?number=${encodeURIComponent(GONE.number)}`)).body.items).toEqual([]);
      expect((await ask(program, 'GET', `/v1/call-history/${gone.callId}`)).body).toMatchObject({ fromNumber: ERASED, fromName: ERASED, disposition: 'answered', transfers: [{ destination: THIRD }], legs: expect.arrayContaining([expect.objectContaining({ number: ERASED })]) });
      expect((await ask(program, 'GET', `/v1/call-history?number=${encodeURIComponent(STAYS.number)}`)).body.items).toMatchObject([{ callId: stays.callId, fromName: STAYS.name, fromNumber: STAYS.number }]);
      expect((await ask(program, 'GET', `/v1/recordings/${stays.recordingId}/content`)).status).toBe(200);
    }

    // The same after a restart, in read models built anew, and to whoever verifies.
    await stopBoth();
    await startBoth();
    await unreadable(erased, calls);
    const parts = { log: one.engine.core.log, store: new ProjectionStore(database), parked: new PostgresParkedEvents(database), clock: systemClock };
    expect((await verify(parts, readModels)).filter(({ equal }) => !equal)).toEqual([]);
    await rebuild(parts, readModels);
    expect((await verify(parts, readModels)).filter(({ equal }) => !equal)).toEqual([]);
    await unreadable(erased, calls);
    expect((await ask(other, 'GET', `/v1/call-history/${stays.callId}`)).body).toMatchObject({ fromNumber: STAYS.number, fromName: STAYS.name });
    await nothingInSight();
    expect(await parts.parked.waiting()).toEqual([]);

    // Who comes later is somebody new; what was before stays erased.
    await database.query(`UPDATE trunkline_subject_keys SET destroyed_at = destroyed_at - interval '${QUARANTINE_MS} milliseconds' WHERE destroyed_at IS NOT NULL`);
    const later = call(GONE);
    await has(later.channelId, 'CallEnqueued');
    later.hangUp();
    await has(later.channelId, 'CallEnded');
    await caughtUp();
    expect((await ask(other, 'GET', `/v1/call-history?number=${encodeURIComponent(GONE.number)}`)).body.items).toMatchObject([{ callId: later.channelId, fromNumber: GONE.number, fromName: GONE.name }]);
    answered = '';
    for (const callId of calls) await ask(other, 'GET', `/v1/call-history/${callId}`);
    expect(erased.in('answers', answered)).toEqual([]);
  }, 120_000);

  it('is refused where nothing is known of them, or nobody is named', async () => {
    expect((await ask(one, 'POST', '/v1/persons/erase', { number: '+4917600000000', reason: 'request' })).body).toMatchObject({ status: 404, code: 'person-not-found' });
    expect((await ask(one, 'POST', '/v1/persons/erase', { reason: 'request' })).body).toMatchObject({ status: 422, code: 'not-one-person' });
    expect((await ask(one, 'POST', '/v1/persons/erase', { number: '+4917655500222', agentId: 'ann', reason: 'request' })).body).toMatchObject({ status: 422, code: 'not-one-person' });
    expect((await ask(one, 'POST', '/v1/persons/erase', { number: '+4917655500222', reason: 'request', reference: 'Balthasar E.' })).status).toBe(422);
    expect((await ask(one, 'GET', '/v1/persons/nobody')).status).toBe(404);
  });

  it('is done at the terminal as well, of an agent too, while processes run; thoroughly, the destroyed key leaves the disk', async () => {
    await ensureBuilt();
    const wrapped = (await database.query<{ wrapped_key: Buffer }>(`SELECT wrapped_key FROM trunkline_subject_keys WHERE subject = 'ann'`)).rows[0]!.wrapped_key;
    const keyTable = async (): Promise<Buffer> => {
      await database.query('CHECKPOINT');
      const { rows } = await database.query<{ path: string; folder: string }>(`SELECT pg_relation_filepath('trunkline_subject_keys') AS path, current_setting('data_directory') AS folder`);
      return readFileSync(join(rows[0]!.folder, rows[0]!.path));
    };
    expect((await keyTable()).includes(wrapped)).toBe(true);
    const { code, out, err } = await trunkline(['erase', '--tenant', 'acme', '--agent', 'ann', '--reason', 'retention', '--thorough'], env());
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Erased: person ann of tenant acme');
    await eventually('the running processes know', () => one.engine.telephony?.agents.addressOf('ann', 'fs1') === undefined);
    await unreadable(new Needles(forms({ number: AGENT.home, name: AGENT.name })), []);
    expect((await ask(one, 'GET', '/v1/agents/ann')).body).toMatchObject({ agentId: 'ann', settings: null });
    expect((await keyTable()).includes(wrapped)).toBe(false);
  }, 240_000);
});
