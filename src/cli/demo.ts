import { randomInt } from 'node:crypto';
import { readModels } from '../../projections/read-models.js';
import { type Program, startProgram } from '../engine/program.js';
import { type Clock, sleep, within } from '../kernel/clock.js';
import { createLogger } from '../platform/observability/logger.js';
import { systemClock } from '../platform/time/system-clock.js';
import { systemRandom } from '../platform/time/system-random.js';
import { settingsFrom } from '../settings.js';
import { EslSocketServer, showcase, Simulation } from '../simulator/index.js';
import { agrees, compareWithTruth, type Comparison } from './compare-with-truth.js';
import { openDemoCenter } from './demo-center.js';
import { LiveTable } from './live-table.js';

export interface DemoOptions {
  /** Ends after so many calls; undefined: at Ctrl-C. */
  readonly calls?: number;
  /** Repeats the people of a run; undefined: other people every time. */
  readonly seed?: string;
  /** How much faster than life people behave; undefined: as the showcase says. */
  readonly speed?: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: NodeJS.WriteStream;
}

const SETTLE_MS = 20_000;
const READY_WITHIN_MS = 30_000;

/** Apart from what `npm start` keeps, so that nobody finds sample tenants and a simulated switch in a system that is in use. */
export const DEMO_FOLDER = '.trunkline/demo';

/**
 * The whole call center on this machine: embedded database, simulated switch, sample tenant, callers
 * and agents. Resolves to true when all CDRs agree with what truly happened.
 */
export const runDemo = async ({ calls, seed, speed, env, out }: DemoOptions): Promise<boolean> => {
  const clock = systemClock;
  const say = (line: string): void => void out.write(`${line}\n`);
  const run = String(randomInt(10_000)).padStart(4, '0');
  const door: { simulation: Simulation | undefined } = { simulation: undefined };
  const server = new EslSocketServer({ accept: (stream) => door.simulation?.node.accept(stream) });
  await server.listen();
  const settings = { ...settingsFrom({ TRUNKLINE_HTTP_PORT: '0', TRUNKLINE_DATA_DIR: DEMO_FOLDER, ...env }), freeswitchNodes: [demoNode(server.port)] };
  say('Starting PostgreSQL, the engine and a simulated switch ...');
  const logger = createLogger(env['LOG_LEVEL'] ?? 'error', process.stderr);
  const program = await startProgram({ settings, projections: readModels, logger });
  const { engine } = program;
  try {
    if (program.url === undefined) throw new Error('the demo needs the api role; leave TRUNKLINE_ROLES unset');
    const shown = showcase([]);
    const pace = speed ?? shown.speed;
    const center = await openDemoCenter(engine, program.url, run, pace);
    const simulation = new Simulation({
      seed: seed ?? run, clock, agents: center.agents, desk: center.desk, uuid: () => systemRandom.uuid(), ...showcase(center.numbers), speed: pace, ...(calls === undefined ? {} : { callsTotal: calls }),
    });
    door.simulation = simulation;
    await ready(engine, clock);
    say(`API and its description: ${program.url}/docs   key: ${center.key}`);
    say(`Tenant ${center.tenantId}: 2 queues, ${center.agents.length} agents; people behave ${pace} times faster than life (seed ${seed ?? run}).${calls === undefined ? ' Ctrl-C ends it.' : ''}`);
    const table = new LiveTable(engine, center, simulation, clock, out);
    const interrupted = new Promise<void>((resolve) => process.once('SIGINT', () => resolve()));
    await simulation.start();
    table.start();
    const { done } = simulation;
    await Promise.race([done, interrupted]);
    simulation.stopCalls();
    await within(clock, SETTLE_MS, done);
    table.stop();
    await settled(program.engine.telephony, clock);
    if (engine.worker !== undefined && !(await within(clock, SETTLE_MS, engine.worker.caughtUp()))) say('The read models have not caught up; what follows is what they have.');
    const comparison = await compareWithTruth(engine.database, center.tenantId, simulation.truth);
    show(comparison, say);
    for (const [code, count] of engine.core.alarms.counts) say(`alarm: ${code}, ${count} times`);
    simulation.stop();
    if (env['DATABASE_URL'] === undefined) say(`Look closer: TRUNKLINE_DATA_DIR=${settings.dataDir} npm run trunkline -- verify   (or: replay CALL, doctor, help)`);
    return comparison.equal;
  } finally {
    await program.stop();
    await server.close();
  }
};

const ready = async ({ telephony }: Program['engine'], clock: Clock): Promise<void> => {
  const until = clock.now() + READY_WITHIN_MS;
  for (let problem = telephony?.problem(); problem !== undefined; problem = telephony?.problem()) {
    if (clock.now() > until) throw new Error(`the demo cannot begin: ${problem.reason}. If another one runs on this folder, end it, or set TRUNKLINE_DATA_DIR to a folder of its own`);
    await sleep(clock, 20);
  }
};

const demoNode = (port: number) => ({
  name: 'demo-switch', host: '127.0.0.1', port, password: 'ClueCon', deviceAddress: 'user/{user}', trunkAddress: 'sofia/gateway/carrier/{number}', music: 'local_stream://moh', recordingsFolder: '/tmp',
});

/** Everything that is asked of the switch has its answer, and every leg its end. */
const settled = async (telephony: { readonly legs: { readonly size: number }; readonly effects: { readonly openEffects: number } } | undefined, clock: Clock): Promise<void> => {
  const until = clock.now() + SETTLE_MS;
  while (telephony !== undefined && clock.now() < until && (telephony.legs.size > 0 || telephony.effects.openEffects > 0)) await sleep(clock, 20);
};

const show = ({ figures, differences, equal }: Comparison, say: (line: string) => void): void => {
  say('');
  say(`${''.padEnd(28)}${'CDRs'.padStart(12)}${'truth'.padStart(12)}`);
  for (const compared of figures) {
    const { figure, engine, truth, tolerance } = compared;
    const remark = agrees(compared) ? (tolerance > 0 ? `   (within ${tolerance} ms: the steps of the switch's clock)` : '') : '   <-- differs';
    say(`${figure.padEnd(28)}${String(engine).padStart(12)}${String(truth).padStart(12)}${remark}`);
  }
  for (const difference of differences) say(`  differs: ${difference}`);
  say(equal ? 'The CDRs and the truth are equal.' : 'The CDRs and the truth are NOT equal.');
};
