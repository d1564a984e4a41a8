import { createServer } from 'node:http';
import { connect as dialSocket, type AddressInfo, type Socket } from 'node:net';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { HttpCdrPoster } from '../../src/simulator/http-cdr-poster.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import { Simulation, type SimulationOptions } from '../../src/simulator/simulation.js';
import { EslSocketServer } from '../../src/simulator/switch/esl/esl-socket-server.js';
import type { SwitchCdr } from '../../src/simulator/switch/cdr-poster.port.js';
import type { FarEnd, Line } from '../../src/simulator/switch/far-end.js';
import { connectEsl } from '../../src/telephony/adapters/freeswitch/esl-client.js';
import type { EslClient, EslEvent } from '../../src/telephony/adapters/freeswitch/esl-client.port.js';
import { EslDecoder, type EslMessage } from '../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { eventsOf, factsIn, ofKind } from '../support/capture-facts.js';
import { SmallRouter } from '../support/small-router.js';

const AGENTS = Array.from({ length: 12 }, (_, i) => ({ agentId: `agent-${i + 1}`, extension: String(1001 + i) }));
const NUMBER = '+4930555010';
const TOLD = ['CHANNEL_CREATE', 'CHANNEL_PROGRESS', 'CHANNEL_ANSWER', 'CHANNEL_PARK', 'CHANNEL_UNPARK', 'CHANNEL_BRIDGE', 'CHANNEL_UNBRIDGE', 'CHANNEL_HOLD', 'CHANNEL_UNHOLD', 'CHANNEL_HANGUP', 'CHANNEL_HANGUP_COMPLETE', 'CHANNEL_DESTROY', 'BACKGROUND_JOB'];

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A simulation behind a socket on loopback. */
const serve = async (options: Partial<SimulationOptions> = {}) => {
  const simulation = new Simulation({ seed: 'socket', clock: systemClock, numbers: [], agents: AGENTS, ...options });
  const server = new EslSocketServer(simulation.node);
  await server.listen();
  open.push(() => simulation.stop(), () => server.close());
  return { simulation, server };
};

const dial = async (server: EslSocketServer, password = 'ClueCon'): Promise<EslClient> => {
  const client = await connectEsl({ host: server.host, port: server.port, password, connectTimeoutMs: 5_000, replyTimeoutMs: 10_000 });
  open.push(() => client.close());
  return client;
};

const listen = async (server: EslSocketServer, names: readonly string[] = TOLD): Promise<{ client: EslClient; events: EslEvent[]; hear: (listener: (event: EslEvent) => void) => void }> => {
  const client = await dial(server);
  const events: EslEvent[] = [];
  let also: (event: EslEvent) => void = () => undefined;
  client.onEvent((event) => {
    events.push(event);
    also(event);
  });
  await client.subscribe(names);
  return { client, events, hear: (listener) => (also = listener) };
};

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
};

/** A router that works over a real client. */
const route = (client: EslClient, hear: (listener: (event: EslEvent) => void) => void, agents: readonly string[]): void => {
  const connection = {
    send: (command: string): void => {
      const [line = '', job = ''] = command.split('\nJob-UUID: ');
      client.bgapi(line.slice('bgapi '.length), job).catch(() => undefined);
    },
  };
  const router = new SmallRouter(connection, new SeededRandom('router'), agents);
  hear((event) => router.onEvent(event));
};

describe('the simulated switch on a socket', () => {
  it('lets nobody in with the wrong password, nor from outside of its ACL', async () => {
    const { simulation, server } = await serve();
    await expect(dial(server, 'wrong')).rejects.toMatchObject({ reason: 'auth' });
    simulation.node.rejecting = true;
    await expect(dial(server)).rejects.toMatchObject({ reason: 'rejected' });
  });

  it('answers commands in the order sent, however many are on their way', async () => {
    const { server } = await serve();
    const client = await dial(server);
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => client.api(`echo ${i}`)));
    expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
    await expect(client.api('uuid_kill nope')).rejects.toThrow('No such channel');
  });

  it('tells a recorded conversation in the recorded order, leg by leg', async () => {
    const { simulation, server } = await serve({ settings: { jobBeforePark: 1 }, mix: { phone: { answers: 1, busy: 0, 'no-answer': 0, refuses: 0, unreachable: 0 }, ringFor: { kind: 'fixed', ms: 100 } } });
    const { client, events } = await listen(server);
    const agentId = '11111111-1111-4111-8111-111111111111';
    const caller = simulation.node.placeCall({ from: '60011', fromName: 'Caller Uno', to: NUMBER }, {});
    await until(() => events.some((event) => event.name === 'CHANNEL_PARK'));
    await client.api(`uuid_answer ${caller.channelId}`);
    await client.bgapi(`originate {origination_uuid=${agentId}}user/1001@x &park()`, 'job-1');
    await until(() => events.filter((event) => event.name === 'CHANNEL_PARK').length === 2);
    await client.bgapi(`uuid_bridge ${caller.channelId} ${agentId}`, 'job-2');
    await until(() => events.some((event) => event.name === 'CHANNEL_BRIDGE'));
    simulation.node.core.deeds.lineOf(simulation.node.channels.get(agentId)!).hangUp();
    await until(() => events.filter((event) => event.name === 'CHANNEL_DESTROY').length === 2);

    const namesOf = (all: readonly EslEvent[]): string[][] => {
      const legs = new Map<string, string[]>();
      for (const event of all) {
        const id = event.headers['Unique-ID'];
        if (id !== undefined && TOLD.includes(event.name)) legs.set(id, [...(legs.get(id) ?? []), event.name]);
      }
      return [...legs.values()];
    };
    expect(namesOf(events)).toEqual(namesOf(eventsOf('02a')));
    const jobs = events.filter((event) => event.name === 'BACKGROUND_JOB').map((event) => [event.headers['Job-UUID'], event.body]);
    expect(jobs).toEqual([['job-1', `+OK ${agentId}\n`], ['job-2', `+OK ${agentId}\n`]]);
  });

  it('carries 200 calls at once, and every fact of them arrives', async () => {
    const agents = Array.from({ length: 200 }, (_, i) => ({ agentId: `agent-${i}`, extension: String(2000 + i) }));
    const answers = { answers: 1, busy: 0, 'no-answer': 0, refuses: 0, unreachable: 0 };
    const { simulation, server } = await serve({ agents, mix: { phone: answers, ringFor: { kind: 'uniform', leastMs: 20, mostMs: 400 } } });
    const { client, events, hear } = await listen(server);
    route(client, hear, agents.map((agent) => agent.extension));
    let bridged = 0;
    const farEnd: FarEnd = { bridged: () => void bridged++ };
    const lines: Line[] = Array.from({ length: 200 }, (_, i) => simulation.node.placeCall({ from: `+49151${i}`, fromName: `Caller ${i}`, to: NUMBER }, farEnd));
    await until(() => bridged === 200);
    expect(simulation.node.channels.size).toBe(400);
    for (const line of lines) line.hangUp();
    await until(() => simulation.node.channels.size === 0);
    await until(() => events.filter((event) => event.name === 'CHANNEL_DESTROY').length === 400);

    const facts = factsIn(events);
    expect(ofKind(facts, 'channels-bridged')).toHaveLength(200);
    const ends = ofKind(facts, 'channel-ended');
    expect(ends).toHaveLength(400);
    for (const end of ends) {
      const leg = simulation.truth.legs.get(end.channelId)!;
      expect([end.cause, end.hungUpBy, Date.parse(end.times.answeredAt!)]).toEqual([leg.cause, leg.endedBy, Math.floor(leg.answeredUs! / 1000)]);
    }
  }, 60_000);

  it('a whole day passes in seconds and ends by itself', async () => {
    const cdrs: SwitchCdr[] = [];
    const { simulation, server } = await serve({ numbers: [{ number: NUMBER, callsPerHour: 500 }, { number: '+4930555020', callsPerHour: 400 }], callsTotal: 60, speed: 200, cdrPoster: { post: (cdr) => void cdrs.push(cdr) } });
    const { client, events, hear } = await listen(server);
    route(client, hear, AGENTS.map((agent) => agent.extension));
    simulation.startCalls();
    await simulation.done;
    await until(() => events.filter((event) => event.name === 'CHANNEL_HANGUP_COMPLETE').length === simulation.truth.legs.size);
    const totals = simulation.truth.totals();
    expect([totals.calls, totals.outcomes.open]).toEqual([60, 0]);
    expect(ofKind(factsIn(events), 'channels-bridged').length).toBe([...simulation.truth.legs.values()].filter((leg) => leg.direction === 'inbound').reduce((sum, leg) => sum + leg.bridges.length, 0));
    expect(cdrs.length).toBe(simulation.truth.legs.size);
  }, 60_000);

  it('goes away and comes back as another, and nobody can connect meanwhile', async () => {
    const { simulation, server } = await serve();
    const { client } = await listen(server);
    const before = await client.api('global_getvar core_uuid');
    const gone = new Promise<string>((resolve) => client.onDisconnect((why) => resolve(why.reason)));
    const { port } = server;
    simulation.faults(server).restart({ orderly: false, downMs: 300 });
    expect(await gone).toBe('connection-lost');
    await expect(dial(server)).rejects.toMatchObject({ reason: 'unreachable' });
    await until(() => simulation.node.accepting);
    await server.listen();
    expect(server.port).toBe(port);
    expect(await (await dial(server)).api('global_getvar core_uuid')).not.toBe(before);
  });

  it('a reader that does not read is cut off inside a frame, with a notice', async () => {
    const { simulation, server } = await serve({ settings: { readerLimit: 500, readerLossLimit: 20 } });
    const socket: Socket = dialSocket(server.port, server.host);
    open.push(() => void socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.pause();
    socket.write('auth ClueCon\n\nevent json all\n\n');
    await until(() => simulation.node.sessions.size === 1 && [...simulation.node.sessions][0]!.wants('HEARTBEAT'));
    for (let i = 0; simulation.node.sessions.size > 0 && i < 200; i++) {
      for (let n = 0; n < 40; n++) simulation.node.placeCall({ from: '1', fromName: 'Many', to: NUMBER }, {}).hangUp();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(simulation.node.sessions.size).toBe(0);
    const messages: EslMessage[] = [];
    const decoder = new EslDecoder();
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (bytes: Buffer) => messages.push(...decoder.push(bytes)));
    socket.resume();
    await ended;
    messages.push(...decoder.end());
    expect(messages.at(-1)).toMatchObject({ kind: 'disconnect-notice', text: 'killed listener because of lost events' });
    expect(messages.filter((message) => message.kind === 'torn-frame')).toHaveLength(1);
  }, 60_000);

  it('posts CDRs as mod_json_cdr does: again once after a refusal, then it spools', async () => {
    const requests: { url: string; auth: string; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (bytes: Buffer) => (body += bytes.toString()));
      request.on('end', () => {
        requests.push({ url: request.url!, auth: request.headers.authorization ?? '', body });
        response.statusCode = requests.length === 1 || request.url!.includes('lost') ? 503 : 200;
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const spooled: string[] = [];
    const poster = new HttpCdrPoster({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cdr`, username: 'trunkline', password: 'secret', clock: systemClock, retryDelayMs: 20, onSpooled: (cdr, why) => void spooled.push(`${cdr.uuid} ${why}`) });
    poster.post({ uuid: 'one', leg: 'a', body: '{"variables":{}}' });
    await until(() => requests.length === 2);
    poster.post({ uuid: 'lost', leg: 'b', body: '{}' });
    await until(() => spooled.length === 1);
    expect(requests.map((request) => request.url)).toEqual(['/cdr?uuid=one', '/cdr?uuid=one', '/cdr?uuid=lost', '/cdr?uuid=lost']);
    expect(requests[0]).toMatchObject({ auth: `Basic ${Buffer.from('trunkline:secret').toString('base64')}`, body: '{"variables":{}}' });
    expect(spooled).toEqual(['lost HTTP 503']);
    await until(() => poster.pending === 0);
  });
});
