import { systemClock } from '../../platform/time/system-clock.js';
import { systemRandom } from '../../platform/time/system-random.js';
import { EslSocketServer, HttpCdrPoster, Simulation, type AgentDesk, type DeskAgent } from '../../simulator/index.js';
import { ApiClient } from '../api-client.js';
import { OperatorError } from '../shared/operator-error.js';

export interface SimulateOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly seed: string;
  readonly speed: number;
  readonly calls?: number;
  readonly callsPerHour: number;
  /** Numbers that are dialled, and user names of the agents' telephones; taken from the API where one is given. */
  readonly number?: readonly string[];
  readonly agent?: readonly string[];
  readonly api?: string;
  readonly key?: string;
  readonly tenant?: string;
  /** Password of the switch's CDR posts; needs `api`. */
  readonly cdrPassword?: string;
}

interface Center {
  readonly numbers: readonly string[];
  readonly agents: readonly DeskAgent[];
  readonly desk?: AgentDesk;
}

interface Listed<T> {
  readonly items: readonly T[];
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The telephones of a center that is configured elsewhere: agents sign in and work through the API. */
const centerOf = async (api: ApiClient): Promise<Center> => {
  const numbers = await api.get<Listed<{ readonly number: string }>>('/v1/numbers?status=active&limit=1000');
  const agents = await api.get<Listed<{ readonly agentId: string; readonly settings: { readonly deviceUser: string | null } | null }>>('/v1/agents?status=active&limit=1000');
  const at = async (agentId: string, deed: string, body: unknown = {}): Promise<void> => void (await api.post(`/v1/agents/${agentId}/${deed}`, body));
  return {
    numbers: numbers.items.map(({ number }) => number),
    agents: agents.items.flatMap(({ agentId, settings }) => (settings?.deviceUser == null ? [] : [{ agentId, extension: settings.deviceUser }])),
    desk: {
      signIn: (agentId) => at(agentId, 'sign-in'),
      makeAvailable: (agentId) => at(agentId, 'available'),
      pause: (agentId, reason) => at(agentId, 'pause', { reason }),
      endWrapUp: (agentId) => at(agentId, 'end-wrap-up'),
      signOut: (agentId) => at(agentId, 'sign-out'),
    },
  };
};

const findCenter = async ({ api, key, tenant, number = [], agent = [] }: SimulateOptions): Promise<Center> => {
  if (api === undefined) {
    if (number.length === 0) throw new OperatorError('say what people dial: --number with one or more numbers, or --api and --key to take numbers and agents from a running Trunkline', 2);
    return { numbers: number, agents: agent.map((extension) => ({ agentId: extension, extension })) };
  }
  if (key === undefined) throw new OperatorError('--api needs --key; make one with: trunkline keys create --operator', 2);
  const found = await centerOf(new ApiClient(api.replace(/\/$/, ''), key, tenant));
  const numbers = number.length > 0 ? number : found.numbers;
  if (numbers.length === 0) throw new OperatorError('this tenant has no numbers that could be dialled; assign one: POST /v1/numbers');
  if (found.agents.length === 0) throw new OperatorError('this tenant has no agents with a telephone; create one with a deviceUser: POST /v1/agents');
  return { ...found, numbers };
};

/** A switch of its own on an event socket, with people who call. Ends after `calls`, or at Ctrl-C, and prints what truly happened. */
export const simulate = async (options: SimulateOptions): Promise<void> => {
  const { host, port, password, seed, speed, calls, callsPerHour, api, cdrPassword } = options;
  if (cdrPassword !== undefined && api === undefined) throw new OperatorError('--cdr-password needs --api: where the CDRs are posted to', 2);
  const center = await findCenter(options);
  const door: { simulation: Simulation | undefined; connections: number } = { simulation: undefined, connections: 0 };
  const server = new EslSocketServer({ accept: (stream) => {
    door.connections += 1;
    door.simulation?.node.accept(stream);
  } }, { host, port });
  const simulation = new Simulation({
    seed, clock: systemClock, speed, agents: center.agents, uuid: () => systemRandom.uuid(), settings: { password },
    numbers: center.numbers.map((number) => ({ number, callsPerHour })),
    onRefused: (agentId, deed, error) => void process.stderr.write(`! ${agentId} could not ${deed}: ${error instanceof Error ? error.message : String(error)}\n`),
    ...(center.desk === undefined ? {} : { desk: center.desk }),
    ...(calls === undefined ? {} : { callsTotal: calls }),
    ...(cdrPassword === undefined ? {} : { cdrPoster: new HttpCdrPoster({ url: `${api}/v1/switch-cdrs`, username: 'switch', password: cdrPassword, clock: systemClock }) }),
  });
  door.simulation = simulation;
  await server.listen().catch((error: Error) => {
    throw new OperatorError(`cannot listen on ${host}:${port}: ${error.message}; choose another --port`);
  });
  try {
    say(`A simulated FreeSWITCH listens on ${host}:${server.port}. Point Trunkline at it:`);
    say(`  FREESWITCH_NODES='esl://:${encodeURIComponent(password)}@${host}:${server.port}/simulator' npm start`);
    say(`${center.numbers.length} numbers, ${center.agents.length} telephones; people behave ${speed} times as fast as life (seed ${seed}). Calls begin when Trunkline is connected${calls === undefined ? '; Ctrl-C ends it' : ''}.`);
    const interrupted = new Promise<'interrupted'>((resolve) => process.once('SIGINT', () => resolve('interrupted')).once('SIGTERM', () => resolve('interrupted')));
    if ((await Promise.race([connected(() => door.connections), interrupted])) !== 'interrupted') {
      await simulation.start();
      await Promise.race([simulation.done, interrupted]);
      simulation.stopCalls();
    }
  } finally {
    tellTruth(simulation);
    simulation.stop();
    await server.close();
  }
};

/** Trunkline's two connections stand. */
const connected = async (connections: () => number): Promise<void> => {
  while (connections() < 2) await new Promise((resolve) => void systemClock.after(100, () => resolve(undefined)));
};

const tellTruth = ({ truth }: Simulation): void => {
  const { calls, outcomes, offers, transferredCalls, heldCalls, callerHangups, bridgedMs, holdMs } = truth.totals();
  const figures: readonly (readonly [string, number])[] = [
    ['calls', calls], ...Object.entries(outcomes), ['transferred', transferredCalls], ['with a hold', heldCalls], ['hung up by the caller', callerHangups], ['time in bridges, ms', bridgedMs], ['time on hold, ms', holdMs],
    ...Object.entries(offers).map(([outcome, count]) => [`offers ${outcome}`, count] as const),
  ];
  say('');
  say('What truly happened:');
  for (const [name, value] of figures) if (value > 0 || name === 'calls') say(`${name.padEnd(28)}${String(value).padStart(12)}`);
};
