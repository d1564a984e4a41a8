import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EventStoreStandIn } from './eventstoredb-stand-in.js';

type Order = 'stop' | 'restart';
type Said = { readonly done: Order } | { readonly connectionString: string };

/** The stand-in for EventStoreDB in a process of its own, so that its work is not done by those who are measured beside it. */
export class EventStoreProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly connectionString: string,
  ) {}

  static async start(): Promise<EventStoreProcess> {
    const hooks = fileURLToPath(new URL('./register-swc.mjs', import.meta.url));
    const child = spawn(process.execPath, ['--import', hooks, fileURLToPath(import.meta.url), 'stand-in'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    return new EventStoreProcess(child, await answered(child, (said) => ('connectionString' in said ? said.connectionString : undefined)));
  }

  /** Cuts all connections and takes no more. */
  stop(): Promise<unknown> {
    return this.order('stop');
  }

  /** On the same port with the same log. */
  restart(): Promise<unknown> {
    return this.order('restart');
  }

  /** With all that it keeps. */
  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
  }

  private order(order: Order): Promise<Order> {
    const done = answered(this.child, (said) => ('done' in said && said.done === order ? order : undefined));
    this.child.send(order);
    return done;
  }
}

const answered = <T>(child: ChildProcess, take: (said: Said) => T | undefined): Promise<T> =>
  new Promise((resolve, reject) => {
    const over = (settle: () => void): void => {
      child.off('message', hear).off('exit', ended);
      settle();
    };
    const ended = (code: number | null): void => over(() => reject(new Error(`the stand-in for EventStoreDB ended with ${code}`)));
    const hear = (said: unknown): void => {
      const answer = take(said as Said);
      if (answer !== undefined) over(() => resolve(answer));
    };
    child.on('message', hear).on('exit', ended);
  });

/** The other side: does as it is told until whoever started it is gone. */
const main = async (): Promise<void> => {
  const standIn = await EventStoreStandIn.start();
  const say = (said: Said): void => void process.send?.(said);
  process.on('disconnect', () => process.exit());
  process.on('message', (order: Order) => void standIn[order]().then(() => say({ done: order })));
  say({ connectionString: standIn.connectionString });
};

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === 'stand-in') await main();
