import type { Clock, Random } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { deterministicId } from '../../platform/event-store/deterministic-ids.js';
import type { TrueLeg, Truth } from '../../simulator/index.js';
import type { SwitchAction } from '../../telephony/contract/switch-actions.js';
import { NODES } from './center.js';
import type { People } from './people.js';

export interface SupervisorParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly people: People;
  readonly truth: Truth;
  /** How many switches there are. */
  readonly nodes: number;
}

type Order = SwitchAction extends infer Action ? (Action extends SwitchAction ? Omit<Action, 'actionId' | 'channelId'> : never) : never;

const EVERY_MS = 90_000;
const BEGIN_WITHIN_MS = 10_000;

/** Somebody who uses the API on calls that run, and rings customers: what is done at most once, above all. */
export class Supervisor {
  private until = 0;
  private placed = 0;

  constructor(private readonly parts: SupervisorParts) {}

  /** Is at it for so long, ms. */
  start(forMs: number): void {
    this.until = this.parts.clock.now() + forMs;
    this.later();
  }

  private later(): void {
    const { clock, random } = this.parts;
    clock.after(EVERY_MS * 2 * random.next(), () => {
      if (clock.now() > this.until) return;
      void this.act();
      this.later();
    });
  }

  private async act(): Promise<void> {
    const { random, truth } = this.parts;
    const talking = truth.calls.filter((call) => call.endedUs === undefined && call.bridges.at(-1)?.toUs === undefined && call.bridges.length > 0);
    const call = talking[Math.floor(random.next() * talking.length)];
    const what = random.next();
    try {
      if (call === undefined ? what < 0.03 : what < 0.2) await this.ringSomebody();
      else if (call === undefined) return;
      else if (what < 0.3) await this.parts.people.send('call', call.channelId, 'HangUpCall', { cause: 'NORMAL_CLEARING' }, { correlationId: call.channelId });
      else await this.order(call, this.draw());
    } catch (error) {
      // A call that is just over, or whose beginning nobody has noticed yet.
      if (!(error instanceof DomainError)) throw error;
    }
  }

  private draw(): Order {
    const { random } = this.parts;
    const recordingId = random.uuid();
    const orders: readonly Order[] = [
      { deed: 'send-digits', digits: '42' },
      { deed: 'play', media: '/sounds/notice.wav', loop: false },
      { deed: 'hold' },
      { deed: 'transfer', destination: '9103', leg: 'this' },
      { deed: 'start-recording', recordingId, path: `/tmp/${recordingId}.wav` },
    ];
    return orders[Math.floor(random.next() * orders.length)]!;
  }

  private async order({ channelId }: TrueLeg, order: Order): Promise<void> {
    const { people, random } = this.parts;
    const actionId = random.uuid();
    await people.send('call', channelId, 'RequestAction', { action: { ...order, actionId, channelId }, timeoutMs: BEGIN_WITHIN_MS }, { correlationId: channelId });
  }

  /** An outbound call, hung up after a while. */
  private async ringSomebody(): Promise<void> {
    const { people, random, clock, nodes } = this.parts;
    this.placed += 1;
    const node = NODES[Math.floor(random.next() * nodes)]!;
    const callId = deterministicId('outbound', random.uuid());
    const to = `+1555020${String(this.placed).padStart(4, '0')}`;
    const data = { callId, nodeId: node.name, legId: callId, personId: `person-${this.placed}`, from: '+15550100', fromName: 'Acme', to, address: node.trunkAddress.replace('{number}', to), timeoutMs: 30_000 };
    await people.send('call', callId, 'PlaceCall', data, { correlationId: callId });
    clock.after(20_000 + 60_000 * random.next(), () => void people.send('call', callId, 'HangUpCall', { cause: 'NORMAL_CLEARING' }, { correlationId: callId }).catch(() => undefined));
  }
}
