import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallHistoryQueries } from '../../projections/call-history/call-history.queries.js';
import { readModels } from '../../projections/read-models.js';
import { type Program, startProgram } from '../../src/engine/program.js';
import { isoTime } from '../../src/kernel/clock.js';
import { ERASED, type RecordedEvent } from '../../src/kernel/event.js';
import { streamOf } from '../../src/kernel/streams.js';
import { createLogger } from '../../src/platform/observability/logger.js';
import { Database } from '../../src/platform/postgres/database.js';
import { PostgresParkedEvents } from '../../src/platform/postgres/parked-events.js';
import { SealedRows } from '../../src/platform/privacy/sealed-text.js';
import { rebuild } from '../../src/platform/subscriptions/projection-rebuild.js';
import { ProjectionStore } from '../../src/platform/subscriptions/projection-store.js';
import { verify } from '../../src/platform/subscriptions/projection-verify.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { settingsFrom } from '../../src/settings.js';
import { EslSocketServer, type Line, SeededRandom, SimulatedSwitch } from '../../src/simulator/index.js';
import { eventually, nodeUrl, queueSettings } from '../support/engine.js';
import { wholeLog } from '../../src/engine/simulation/invariants/histories.js';
import { phones } from '../support/phones.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres.js';

/** What must not be found: each can be mistaken for nothing else. */
const ANSWERED = { number: '+4917655500111', name: 'Wilhelmine Unverwechselbar' };
const ABANDONED = { number: '+4917655500222', name: 'Balthasar Einzigartig' };
const WAITING = { number: '+4917655500333', name: 'Kunigunde Unvergleichlich' };
const CALLED = '+4930777123456';
const DIGITS = '918273645';
const AGENT = { name: 'Agnes Geheimzuhalten', home: '+4917699887766' };
const PERSONAL = [ANSWERED, ABANDONED, WAITING].flatMap(({ number, name }) => [number, number.slice(1), name, name.split(' ')[1]!]).concat(CALLED, CALLED.slice(1), DIGITS, AGENT.name, AGENT.home, 'correct-horse');

/** A read model with a mistake: it puts who calls where a time belongs, which the database refuses, quoting it. */
const careless: Projection = {
  name: 'careless',
  version: 1,
  eventTypes: ['CallStarted'],
  tables: [{ name: 'careless', columns: { tenant_id: 'text', call_id: 'text', at: 'timestamptz' }, primaryKey: ['tenant_id', 'call_id'] }],
  keys: ({ metadata, data }) => [{ table: 'careless', key: [metadata.tenantId, (data as { callId: string }).callId] }],
  apply: ({ metadata, data }, rows) => {
    const { callId, fromName } = data as { callId: string; fromName: string };
    rows.put('careless', { tenant_id: metadata.tenantId, call_id: callId, at: fromName });
  },
};

describe('what is known of people', () => {
  let fresh: FreshDatabase;
  let fs: SimulatedSwitch;
  let server: EslSocketServer;
  let program: Program;
  let database: Database;
  let folder: string;
  let logged: string;

  const start = async (projections: readonly Projection[] = readModels): Promise<void> => {
    const { host, port, user, database: name } = fresh.pool;
    const url = `postgresql://${String(user)}@localhost/${String(name)}?host=${encodeURIComponent(String(host))}&port=${String(port)}`;
    const settings = { ...settingsFrom({ DATABASE_URL: url, TRUNKLINE_DATA_DIR: folder, TRUNKLINE_HTTP_PORT: '0', TRUNKLINE_MASTER_KEY: '07'.repeat(32), TRUNKLINE_CDR_PASSWORD: 'cdr' }), freeswitchNodes: [nodeUrl(server.port, { password: 'correct-horse' })] };
    program = await startProgram({ settings, projections, logger: createLogger('trace', { write: (line: string) => void (logged += line) }) });
    await eventually('the node is ready', () => program.engine.telephony?.media.isReady('fs1'));
  };

  const send = (category: string, id: string, type: string, data: unknown) => {
    const commandId = systemRandom.uuid();
    const meta = { commandId, tenantId: 'acme', at: isoTime(systemClock.now()), actor: { kind: 'user' as const, id: 'test' }, correlationId: commandId, causationId: commandId };
    return program.engine.core.dispatcher.dispatch(streamOf(category, id), { type, data, meta });
  };
  const events = (callId: string): Promise<RecordedEvent[]> => program.engine.core.log.readStream(streamOf('call', callId));
  const has = (callId: string, type: string) => eventually(`${type} of ${callId}`, async () => (await events(callId)).find((event) => event.type === type));
  const call = ({ number, name }: { readonly number: string; readonly name: string }): Line => fs.placeCall({ from: number, fromName: name, to: '+15550199' }, {});
  const caughtUp = async (): Promise<void> => program.engine.worker?.caughtUp();

  /** Where each needle is: in whatever table holds it, as text or as bytes. */
  const found = async (needles: readonly string[]): Promise<string[]> => {
    const { rows } = await database.query<{ name: string }>(`SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`);
    const places: string[] = [];
    for (const { name } of rows) {
      const content = (await database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} AS t`)).rows.map(({ row }) => row).join('\n');
      for (const needle of needles) {
        const forms = [needle, JSON.stringify(needle).slice(1, -1), Buffer.from(needle).toString('hex'), Buffer.from(needle).toString('base64').replace(/=+$/, '')];
        if (forms.some((form) => content.includes(form))) places.push(`${needle} in ${name}`);
      }
    }
    return places;
  };
  /** Who calls, as the read model shows it. */
  const shown = async (callId: string) => {
    const { fromNumber, fromName } = (await new CallHistoryQueries(database, new SealedRows(program.engine.core.keys)).one('acme', callId))!;
    return { fromNumber, fromName };
  };

  beforeEach(async () => {
    logged = '';
    folder = mkdtempSync(join(tmpdir(), 'privacy-'));
    fresh = await freshDatabase();
    database = new Database(fresh.pool);
    fs = new SimulatedSwitch({ clock: systemClock, random: new SeededRandom(3), endpoints: phones(), settings: { password: 'correct-horse' } });
    server = new EslSocketServer(fs);
    await server.listen();
    await start([...readModels, careless]);
    await send('queue', 'sales', 'CreateQueue', { queueId: 'sales', settings: queueSettings() });
    await send('number', 'n1', 'AssignNumber', { numberId: 'n1', number: '+15550199', destination: { kind: 'queue', queueId: 'sales' } });
    await send('agent', 'ann', 'CreateAgent', { agentId: 'ann', settings: { displayName: AGENT.name, deviceUser: null, address: `sofia/gateway/carrier/${AGENT.home}` } });
    await send('queue', 'sales', 'JoinQueue', { agentId: 'ann', level: 1, position: 1 });
    await send('agent', 'ann', 'StartShift', {});
    await eventually('the shift opens', () => program.engine.telephony?.routing.shiftOf('ann'));
  });

  afterEach(async () => {
    await program.stop();
    fs.stop();
    await server.close();
    await database.close();
    await fresh.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** One call that is answered, one that is not, and one that we place; digits are sent and collected. */
  const someCalls = async (): Promise<void> => {
    await send('agentShift', 'ann+1', 'MakeAvailable', {});
    const line = call(ANSWERED);
    await has(line.channelId, 'LegsBridged');
    const action = { actionId: systemRandom.uuid(), channelId: line.channelId, deed: 'send-digits', digits: DIGITS };
    await send('call', line.channelId, 'RequestAction', { action, timeoutMs: 5_000 });
    await eventually('the digits are sent', async () => (await events(line.channelId)).some(({ type, data }) => type === 'SwitchActionSucceeded' && (data as { actionId: string }).actionId === action.actionId));
    line.hangUp();
    await has(line.channelId, 'CallEnded');
    await send('agentShift', 'ann+1', 'PauseAgent', { reason: 'lunch', force: true });
    const given = call(ABANDONED);
    await has(given.channelId, 'CallEnqueued');
    given.hangUp();
    await has(given.channelId, 'CallEnded');
    const [callId, legId] = [systemRandom.uuid(), systemRandom.uuid()];
    const personId = program.engine.core.keys.personId('acme', CALLED);
    await send('call', callId, 'PlaceCall', { callId, nodeId: 'fs1', legId, personId, from: '+15550199', fromName: 'Acme', to: CALLED, address: `sofia/gateway/carrier/${CALLED}`, timeoutMs: 10_000 });
    await has(callId, 'LegAnswered');
    await send('call', callId, 'HangUpCall', { cause: 'NORMAL_CLEARING' });
    await has(callId, 'CallEnded');
  };

  it('is in no table in plain sight, in no file and in no line of the log, whatever is asked and refused', async () => {
    await someCalls();
    const waiting = call(WAITING);
    await has(waiting.channelId, 'CallEnqueued');
    await caughtUp();
    expect((await new PostgresParkedEvents(database).waiting()).filter(({ runner }) => runner.startsWith('careless')).length).toBeGreaterThan(2);
    for (const path of [`/v1/call-history?number=${encodeURIComponent(ANSWERED.number)}`, `/v1/calls/${encodeURIComponent(ANSWERED.number)}`, `/${encodeURIComponent(ANSWERED.name)}`]) await fetch(`${program.url}${path}`);
    await fetch(`${program.url}/v1/calls`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ to: CALLED, name: ANSWERED.name }) });
    waiting.hangUp();
    await has(waiting.channelId, 'CallEnded');
    await caughtUp();
    // The folds save what they know when the process ends in order.
    await program.stop();
    expect((await database.query('SELECT 1 FROM trunkline_snapshots')).rows.length).toBeGreaterThan(3);
    expect(await found(PERSONAL)).toEqual([]);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    expect(PERSONAL.filter((needle) => files.some((content) => content.includes(needle)))).toEqual([]);
    expect(logged.split('\n').length).toBeGreaterThan(3);
    expect(PERSONAL.filter((needle) => logged.includes(needle))).toEqual([]);
  }, 60_000);

  it('once a person is erased: reads [erased] in the log and in rebuilt read models, nothing of it is left anywhere, and the rest goes on', async () => {
    await someCalls();
    const waiting = call(WAITING);
    await has(waiting.channelId, 'CallEnqueued');
    const { keys } = program.engine.core;
    const erased = [ANSWERED, WAITING].map(({ number }) => number);
    for (const number of erased) expect(await keys.destroy('acme', keys.personId('acme', number))).toBe(1);
    await caughtUp();
    await program.stop();
    logged = '';
    await start();
    // Somebody who was erased while they waited is served as an unknown caller.
    await send('agentShift', 'ann+1', 'MakeAvailable', {});
    await has(waiting.channelId, 'AgentContactStarted');
    waiting.hangUp();
    await has(waiting.channelId, 'CallEnded');
    await caughtUp();
    const callers = (await wholeLog(program.engine.core.log)).filter(({ type }) => type === 'CallStarted').map(({ data }) => (data as { from: string }).from);
    expect(callers.sort()).toEqual(['+15550199', ABANDONED.number, ERASED, ERASED].sort());
    const parked = new PostgresParkedEvents(database);
    const parts = { log: program.engine.core.log, store: new ProjectionStore(database), parked, clock: systemClock };
    await rebuild(parts, readModels);
    expect(await shown(waiting.channelId)).toEqual({ fromNumber: ERASED, fromName: ERASED });
    expect(await found(PERSONAL)).toEqual([]);
    expect((await verify(parts, readModels)).filter(({ equal }) => !equal)).toEqual([]);
    expect((await parked.waiting()).filter(({ runner }) => !runner.startsWith('careless'))).toEqual([]);
    // A rebuild beside the running read models is told to them; nothing else is out of order.
    expect([...logged.matchAll(/"alarm":"([^"]+)"/g)].map(([, code]) => code).filter((code) => code !== 'projection-superseded')).toEqual([]);
  }, 60_000);
});
