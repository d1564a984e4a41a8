import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import type { ByteStream } from '../../src/simulator/switch/esl/byte-stream.port.js';
import { EslSocketServer } from '../../src/simulator/switch/esl/esl-socket-server.js';
import type { Endpoints, FarEnd, Line } from '../../src/simulator/switch/far-end.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';

/** Callers who arrive by chance (Poisson) at a rate. */
export interface Offered {
  readonly number: string;
  readonly calls: number;
  readonly callsPerSecond: number;
  /** The caller hangs up so long after the bridge; null: when told to. */
  readonly talkMs: number | null;
  /** A caller who is not bridged by then hangs up. */
  readonly patienceMs: number;
}

/** What became of them. Instants are ms since the epoch, with fractions. */
export interface OfferedOutcome {
  readonly placed: number;
  readonly bridged: number;
  readonly ended: number;
  /** From the placing of the first call to the end of the last. */
  readonly tookMs: number;
  /** From placing a call to the caller's being bridged. */
  readonly setUpMs: readonly number[];
  /** When the originate command of each leg arrived at the switch. */
  readonly originates: readonly (readonly [legId: string, at: number])[];
  /** Processor time of the switch meanwhile. */
  readonly processorMs: number;
}

type Ask = { readonly id: number } & ({ readonly do: 'offer'; readonly offered: Offered } | { readonly do: 'hang-up' });
type Answer = { readonly id: number; readonly value: unknown };

/** A simulated switch in a process of its own, behind a real event socket: its work is not the engine's. */
export interface SwitchProcess {
  readonly port: number;
  readonly pid: number;
  /** Resolves when every call that was placed has ended; with `talkMs` null, when every call is bridged or has ended. */
  offer(offered: Offered): Promise<OfferedOutcome>;
  /** Every caller hangs up; resolves when all have. */
  hangUp(): Promise<void>;
  stop(): Promise<void>;
}

export const startSwitch = async (): Promise<SwitchProcess> => {
  const child = fork(fileURLToPath(import.meta.url), [], { execArgv: ['--import', fileURLToPath(new URL('../support/register-swc.mjs', import.meta.url))] });
  const waiting = new Map<number, (value: unknown) => void>();
  let ids = 0;
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the switch ended with ${code}`)));
    child.once('message', (message) => resolve(message as number));
  });
  child.on('message', (message) => {
    const { id, value } = message as Answer;
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  const ask = <T>(question: { readonly do: 'offer'; readonly offered: Offered } | { readonly do: 'hang-up' }): Promise<T> =>
    new Promise((resolve) => {
      const id = (ids += 1);
      waiting.set(id, resolve as (value: unknown) => void);
      child.send({ id, ...question } satisfies Ask);
    });
  return {
    port,
    pid: child.pid ?? 0,
    offer: (offered) => ask<OfferedOutcome>({ do: 'offer', offered }),
    hangUp: () => ask<void>({ do: 'hang-up' }),
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.once('exit', () => resolve());
        child.disconnect();
      }),
  };
};

const now = (): number => performance.timeOrigin + performance.now();

const ORIGINATED = /origination_uuid=([0-9a-f-]{36})/g;

/** Notes when an originate comes over the socket, before the switch begins with it. */
const noting = (stream: ByteStream, note: (legId: string) => void): ByteStream => ({
  write: (bytes) => stream.write(bytes),
  onData: (listener) =>
    stream.onData((bytes) => {
      if (bytes.includes('origination_uuid=')) for (const [, legId = ''] of bytes.toString('latin1').matchAll(ORIGINATED)) note(legId);
      listener(bytes);
    }),
  onDrain: (listener) => stream.onDrain(listener),
  onClose: (listener) => stream.onClose(listener),
  end: () => stream.end(),
  destroy: () => stream.destroy(),
});

/** Agents' phones ring and are answered 20 ms later. */
const phone: FarEnd = {
  invited: (line: Line) => {
    line.ring();
    systemClock.after(20, () => line.answer());
  },
};
const endpoints: Endpoints = {
  dial: (address) => {
    const destination = address.split('/').at(-1) ?? '';
    return { kind: 'telephone', channelName: `sofia/internal/${destination}@127.0.0.1`, destination, address, farEnd: phone };
  },
};

/** The other side: a switch and its callers, until the parent lets go. */
const main = async (): Promise<void> => {
  const fs = new SimulatedSwitch({ clock: systemClock, random: new SeededRandom(1), endpoints });
  const chance = new SeededRandom('arrivals');
  let originates: (readonly [string, number])[] = [];
  const server = new EslSocketServer({ accept: (stream) => fs.accept(noting(stream, (legId) => originates.push([legId, now()]))) });
  await server.listen();
  const live = new Set<Line>();

  const offer = (offered: Offered): Promise<OfferedOutcome> =>
    new Promise((resolve) => {
      const { number, calls, callsPerSecond, talkMs, patienceMs } = offered;
      const started = performance.now();
      const before = process.cpuUsage();
      originates = [];
      let [placed, bridged, ended, over] = [0, 0, 0, 0];
      const setUpMs: number[] = [];
      const check = (): void => {
        if (placed < calls || over < placed) return;
        const used = process.cpuUsage(before);
        resolve({ placed, bridged, ended, tookMs: performance.now() - started, setUpMs, originates, processorMs: (used.user + used.system) / 1_000 });
      };
      const place = (): void => {
        const at = performance.now();
        let [isBridged, isOver] = [false, false];
        placed += 1;
        const done = (): void => {
          if (!isOver) over += 1;
          isOver = true;
          check();
        };
        const from = `+1555${String(Math.floor(chance.next() * 1e7)).padStart(7, '0')}`;
        const line = fs.placeCall({ from, fromName: 'Caller', to: number }, {
          bridged: (self) => {
            if (isBridged) return;
            isBridged = true;
            bridged += 1;
            setUpMs.push(performance.now() - at);
            if (talkMs === null) done();
            else systemClock.after(talkMs, () => self.hangUp());
          },
          ended: (self) => {
            live.delete(self);
            live.delete(line);
            ended += 1;
            done();
          },
        });
        live.add(line);
        systemClock.after(patienceMs, () => {
          if (!isBridged) line.hangUp();
        });
      };
      let due = performance.now();
      const next = (): void => {
        while (placed < calls && due <= performance.now()) {
          place();
          due += (-Math.log(1 - chance.next()) * 1_000) / callsPerSecond;
        }
        if (placed < calls) systemClock.after(Math.max(1, due - performance.now()), next);
        else check();
      };
      next();
    });

  const hangUp = async (): Promise<void> => {
    for (const line of live) line.hangUp();
    while (fs.channels.size > 0) await new Promise<void>((resolve) => void systemClock.after(20, resolve));
  };

  process.on('message', (message) => {
    const ask = message as Ask;
    const answer = (value: unknown): void => void process.send?.({ id: ask.id, value } satisfies Answer);
    void (ask.do === 'offer' ? offer(ask.offered) : hangUp()).then(answer);
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.(server.port);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
