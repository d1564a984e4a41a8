import { pino } from 'pino';
import { readModels } from '../../projections/read-models.js';
import { type Program, startProgram } from '../../src/engine/program.js';
import { isoTime, sleep } from '../../src/kernel/clock.js';
import { shiftIdOf, streamOf } from '../../src/kernel/streams.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import type { QueueSettings } from '../../src/routing/contract/routing-events.js';
import { settingsFrom } from '../../src/settings.js';
import { openPlace, type Place, serverPid } from './place.js';
import { startSwitch, type SwitchProcess } from './switch-process.js';

export const TENANT = 'bench0';
export const NUMBER = '+15550199';
const QUEUE = 'bench0-queue';

const settingsOfQueue: QueueSettings = {
  name: 'Sales', strategy: 'longest-idle-agent', answer: 'on-entry', music: null, priority: 5, maxWaitMs: 120_000, maxLength: null, overflow: { kind: 'hang-up' },
  ringTimeoutMs: 20_000, noAnswerDelayMs: 1_000, rejectDelayMs: 1_000, maxNoAnswer: null, wrapUpMs: 0, serviceLevelSeconds: 20, shortAbandonSeconds: 5,
};

/** The program as `npm start` runs it, all roles, on an embedded PostgreSQL that keeps what it commits; the switch is a process of its own. */
export interface Center {
  readonly program: Program;
  readonly fs: SwitchProcess;
  readonly place: Place;
  /** Process id of PostgreSQL. */
  readonly postgres: number;
  /** Issues a command as a person would. */
  send(category: string, id: string, type: string, data: unknown): Promise<{ readonly position: bigint }>;
  /** Stops the program; the switch and the database stay. */
  stop(): Promise<void>;
  /** Stops everything and removes the data. */
  close(): Promise<void>;
}

export interface CenterOptions {
  readonly agents: number;
}

/** Starts the program on what is there. */
const run = async (place: Place, fs: SwitchProcess): Promise<Center> => {
  const settings = {
    ...settingsFrom({ TRUNKLINE_DATA_DIR: place.folder, TRUNKLINE_HTTP_PORT: '0', TRUNKLINE_REQUESTS_PER_MINUTE: '10000000' }),
    freeswitchNodes: [{ name: 'bench-switch', host: '127.0.0.1', port: fs.port, password: 'ClueCon', deviceAddress: 'user/{user}', trunkAddress: 'sofia/gateway/carrier/{number}', music: 'local_stream://moh', recordingsFolder: '/tmp' }],
  };
  const program = await startProgram({ settings, projections: readModels, logger: pino({ level: 'error' }, pino.destination(2)) });
  const { engine } = program;
  const send = (category: string, id: string, type: string, data: unknown): Promise<{ readonly position: bigint }> => {
    const commandId = systemRandom.uuid();
    const meta = { commandId, tenantId: TENANT, at: isoTime(systemClock.now()), actor: { kind: 'operator' as const, id: 'bench' }, correlationId: commandId, causationId: commandId };
    return engine.core.dispatcher.dispatch(streamOf(category, id), { type, data, meta });
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= program.stop());
  const close = async (): Promise<void> => {
    await stop();
    await fs.stop();
    await place.close();
  };
  return { program, fs, place, postgres: serverPid(place.folder), send, stop, close };
};

const ready = async (center: Center): Promise<Center> => {
  const { telephony, worker } = center.program.engine;
  while (telephony?.problem() !== undefined) await sleep(systemClock, 10);
  await worker?.caughtUp();
  return center;
};

/** The program once more, after it was stopped, on the same data and with the same switch. */
export const reopen = async ({ place, fs }: Center): Promise<Center> => ready(await run(place, fs));

/** One queue with one number, and agents who are all available for it. */
export const openCenter = async ({ agents }: CenterOptions): Promise<Center> => {
  const center = await run(await openPlace(), await startSwitch());
  const { send, program: { engine } } = center;
  await send('tenant', TENANT, 'CreateTenant', { tenantId: TENANT, settings: { name: 'Bench', country: 'US', timeZone: 'UTC' } });
  await send('queue', QUEUE, 'CreateQueue', { queueId: QUEUE, settings: settingsOfQueue });
  await send('number', `${QUEUE}-number`, 'AssignNumber', { numberId: `${QUEUE}-number`, number: NUMBER, destination: { kind: 'queue', queueId: QUEUE } });
  const ids = Array.from({ length: agents }, (_, i) => `bench0-agent-${i + 1}`);
  const signIn = async (agentId: string, i: number): Promise<void> => {
    await send('agent', agentId, 'CreateAgent', { agentId, settings: { displayName: `Agent ${i}`, deviceUser: String(10_001 + i), address: null } });
    await send('queue', QUEUE, 'JoinQueue', { agentId, level: 1, position: i + 1 });
    await send('agent', agentId, 'StartShift', {});
    while (engine.telephony?.routing.shiftOf(agentId) === undefined) await sleep(systemClock, 5);
    await send('agentShift', shiftIdOf(agentId, 1), 'MakeAvailable', {});
  };
  for (let start = 0; start < ids.length; start += 50) await Promise.all(ids.slice(start, start + 50).map((id, i) => signIn(id, start + i)));
  return ready(center);
};

/** Resolves when it is over, nothing is asked of the switch any more, and the read models have everything; false when the patience ended before. */
export const settled = async ({ program: { engine } }: Center, isOver: () => boolean, patienceMs: number): Promise<boolean> => {
  const until = systemClock.now() + patienceMs;
  const { telephony, worker } = engine;
  while (!isOver() || (telephony?.effects.openEffects ?? 0) > 0) {
    if (systemClock.now() > until) return false;
    await sleep(systemClock, 10);
  }
  await worker?.caughtUp();
  return true;
};
