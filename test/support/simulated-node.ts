import { EslDecoder, type EslMessage } from '../../src/telephony/adapters/freeswitch/esl-decoder.js';
import type { EslEvent } from '../../src/telephony/adapters/freeswitch/esl-client.port.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import { VirtualClock } from '../../src/simulator/virtual-clock.js';
import type { SwitchSettings } from '../../src/simulator/switch/core.js';
import { trunklineDialplan, type Dialplan } from '../../src/simulator/switch/dialplan.js';
import { inMemoryConnection, type InMemoryStream } from '../../src/simulator/switch/esl/in-memory-connection.js';
import type { Dialled, Endpoints, FarEnd } from '../../src/simulator/switch/far-end.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { answeringPhone } from './phones.js';
import type { CdrPoster } from '../../src/simulator/switch/cdr-poster.port.js';

/** What a client of the simulated event socket has seen, decoded as the engine decodes it. */
export class SimulatedClient {
  readonly events: EslEvent[] = [];
  readonly replies: string[] = [];
  readonly raw: Buffer[] = [];
  notice: string | undefined;
  closed = false;
  readonly torn: string[] = [];
  onEvent: (event: EslEvent) => void = () => undefined;
  readonly #decoder = new EslDecoder();

  constructor(readonly stream: InMemoryStream) {
    stream.onData((bytes) => {
      this.raw.push(bytes);
      for (const message of this.#decoder.push(bytes)) this.#take(message);
    });
    stream.onClose(() => {
      for (const message of this.#decoder.end()) this.#take(message);
      this.closed = true;
    });
  }

  #take(message: EslMessage): void {
    switch (message.kind) {
      case 'event':
        this.events.push(message.event);
        this.onEvent(message.event);
        return;
      case 'reply':
      case 'rude-rejection':
        this.replies.push(message.text);
        return;
      case 'api-response':
        this.replies.push(message.body);
        return;
      case 'torn-frame':
      case 'protocol-error':
        this.torn.push(message.message);
        return;
      case 'disconnect-notice':
        this.notice = message.text;
    }
  }

  send(command: string): void {
    this.stream.write(Buffer.from(`${command}\n\n`));
  }
}

export interface SimulatedNodeOptions {
  readonly seed?: string;
  readonly settings?: Partial<SwitchSettings>;
  readonly dialplan?: Dialplan;
  readonly cdrPoster?: CdrPoster;
  /** Where a dial string leads; by default a telephone that answers after 500 ms. */
  readonly dial?: (address: string) => Dialled;
}

export const telephone = (destination: string, farEnd: FarEnd): Dialled => ({ kind: 'telephone', channelName: `sofia/internal/${destination}@192.0.2.20:5060`, destination, address: '192.0.2.20', farEnd });

/** A simulated switch on a virtual clock. */
export const simulatedNode = (options: SimulatedNodeOptions = {}) => {
  const clock = new VirtualClock(Date.UTC(2026, 10, 22, 21, 0, 0));
  const endpoints: Endpoints = { dial: options.dial ?? ((address) => telephone(/([^/@]+)(@|$)/.exec(address)?.[1] ?? 'x', answeringPhone(clock))) };
  const node = new SimulatedSwitch({
    clock,
    random: new SeededRandom(options.seed ?? 'node'),
    endpoints,
    dialplan: options.dialplan ?? trunklineDialplan(),
    ...(options.settings ? { settings: options.settings } : {}),
    ...(options.cdrPoster ? { cdrPoster: options.cdrPoster } : {}),
  });
  const connect = (...commands: string[]): SimulatedClient => {
    const [near, far] = inMemoryConnection(clock);
    const client = new SimulatedClient(near);
    node.accept(far);
    for (const command of commands) client.send(command);
    clock.advance(5);
    return client;
  };
  return { clock, node, connect };
};
