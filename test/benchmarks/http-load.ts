import { fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

export interface Load {
  readonly url: string;
  readonly key: string;
  /** Requests, taken in turn: method, path, and a body where there is one. */
  readonly requests: readonly (readonly [method: string, path: string, body?: string])[];
  readonly perSecond: number;
  readonly seconds: number;
}

export interface LoadOutcome {
  /** From when each request was due, so that a server that stalls is not asked less; ms. */
  readonly latencies: readonly number[];
  readonly statuses: Readonly<Record<string, number>>;
  /** Processor time of the client, ms. */
  readonly processorMs: number;
}

/** Sends requests at a fixed rate from a process of its own, whatever the answers take. */
export const sendLoad = (load: Load): Promise<LoadOutcome> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [], { execArgv: ['--import', fileURLToPath(new URL('../support/register-swc.mjs', import.meta.url))] });
    child.once('exit', (code) => reject(new Error(`the client ended with ${code}`)));
    child.once('message', (message) => resolve(message as LoadOutcome));
    child.send(load);
  });

const run = async ({ url, key, requests, perSecond, seconds }: Load): Promise<LoadOutcome> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const { hostname, port } = new URL(url);
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const total = perSecond * seconds;
  const before = process.cpuUsage();
  const started = performance.now();
  let [sent, done] = [0, 0];
  await new Promise<void>((resolve) => {
    const send = (due: number): void => {
      const [method, path, body] = requests[sent % requests.length]!;
      sent += 1;
      const finished = (status: string): void => {
        latencies.push(performance.now() - due);
        statuses[status] = (statuses[status] ?? 0) + 1;
        done += 1;
        if (done === total) resolve();
      };
      const headers = { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) };
      const asked = request({ agent, hostname, port, path, method, headers }, (answer) => {
        answer.resume();
        answer.once('end', () => finished(String(answer.statusCode)));
      });
      asked.once('error', (error) => finished(error.message));
      asked.end(body);
    };
    const next = (): void => {
      for (let due = started + (sent * 1_000) / perSecond; sent < total && due <= performance.now(); due = started + (sent * 1_000) / perSecond) send(due);
      if (sent < total) setTimeout(next, 1);
    };
    next();
  });
  agent.destroy();
  const used = process.cpuUsage(before);
  return { latencies, statuses, processorMs: (used.user + used.system) / 1_000 };
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (load) => {
    void run(load as Load).then((outcome) => {
      process.send?.(outcome);
      process.disconnect();
    });
  });
}
