import type { EslEvent } from '../../src/telephony/adapters/freeswitch/esl-client.port.js';
import type { Random } from '../../src/kernel/clock.js';

/** What the router needs of a connection. */
export interface RouterConnection {
  send(command: string): void;
}

/**
 * As little of an engine as makes the simulated switch work: every parked caller is answered, waits in
 * one line and is joined with the first free agent. It reads events and writes commands, nothing else.
 */
export class SmallRouter {
  readonly #waiting: string[] = [];
  readonly #callers = new Set<string>();
  readonly #free: string[];
  /** Agent legs by their channel, and whom they are for. */
  readonly #legs = new Map<string, { readonly extension: string; readonly caller: string; answered: boolean; parked: boolean; bridged: boolean }>();
  readonly #jobs = new Map<string, string>();

  constructor(
    private readonly connection: RouterConnection,
    private readonly random: Random,
    agents: readonly string[],
    private readonly options: { readonly takeOver?: boolean; readonly ringSeconds?: number } = {},
  ) {
    this.#free = [...agents];
  }

  onEvent(event: EslEvent): void {
    const id = event.headers['Unique-ID'] ?? '';
    const leg = this.#legs.get(id);
    switch (event.name) {
      case 'CHANNEL_PARK':
        if (leg) {
          leg.parked = true;
          this.#join(id);
        } else if (event.headers['Call-Direction'] === 'inbound') this.#admit(id);
        return;
      case 'CHANNEL_ANSWER':
        if (leg) {
          leg.answered = true;
          this.#join(id);
        }
        return;
      case 'CHANNEL_HANGUP_COMPLETE':
        if (leg) this.#legEnded(id);
        else this.#callerEnded(id);
        return;
      case 'BACKGROUND_JOB':
        this.#jobEnded(event);
    }
  }

  #admit(caller: string): void {
    if (this.#callers.has(caller)) return;
    this.#callers.add(caller);
    this.#job(this.options.takeOver === false ? 'status' : `sched_del trunkline-${caller}`);
    this.#job(`uuid_answer ${caller}`);
    this.#job(`uuid_broadcast ${caller} local_stream://moh aleg`);
    this.#waiting.push(caller);
    this.#offer();
  }

  #offer(): void {
    while (this.#waiting.length > 0 && this.#free.length > 0) {
      const caller = this.#waiting.shift()!;
      const extension = this.#free.shift()!;
      const id = this.random.uuid();
      this.#legs.set(id, { extension, caller, answered: false, parked: false, bridged: false });
      const variables = `origination_uuid=${id},trunkline_call_id=${caller},ignore_early_media=true,originate_timeout=${this.options.ringSeconds ?? 5},origination_caller_id_number=100,origination_caller_id_name='Queue'`;
      this.#jobs.set(this.#job(`originate {${variables}}user/${extension}@simulator.invalid &park()`), id);
    }
  }

  #join(id: string): void {
    const leg = this.#legs.get(id)!;
    if (!leg.answered || !leg.parked || leg.bridged) return;
    leg.bridged = true;
    if (this.#callers.has(leg.caller)) this.#job(`uuid_bridge ${leg.caller} ${id}`);
    else this.#job(`uuid_kill ${id} ORIGINATOR_CANCEL`);
  }

  #legEnded(id: string): void {
    const leg = this.#legs.get(id)!;
    this.#legs.delete(id);
    this.#free.push(leg.extension);
    if (!leg.bridged && this.#callers.has(leg.caller)) this.#waiting.unshift(leg.caller);
    this.#offer();
  }

  #callerEnded(caller: string): void {
    this.#callers.delete(caller);
    const at = this.#waiting.indexOf(caller);
    if (at >= 0) this.#waiting.splice(at, 1);
    for (const [id, leg] of this.#legs) if (leg.caller === caller && !leg.bridged) this.#job(`uuid_kill ${id} ORIGINATOR_CANCEL`);
  }

  /** A leg that never came to be has no end of its own. */
  #jobEnded(event: EslEvent): void {
    const id = this.#jobs.get(event.headers['Job-UUID'] ?? '');
    if (id === undefined) return;
    this.#jobs.delete(event.headers['Job-UUID']!);
    const nothing = /^-ERR (SUBSCRIBER_ABSENT|CHAN_NOT_IMPLEMENTED|USER_NOT_REGISTERED|INVALID)/.test(event.body ?? '');
    if (nothing && this.#legs.has(id)) this.#legEnded(id);
  }

  #job(command: string): string {
    const id = this.random.uuid();
    this.connection.send(`bgapi ${command}\nJob-UUID: ${id}`);
    return id;
  }
}
