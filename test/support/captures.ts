import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** What the switch's own CDRs and the script say happened in a recorded scenario (`truth.json`). */
export interface CaptureTruth {
  readonly scenario: string;
  readonly description: string;
  readonly core_uuid?: string;
  /** Epoch microseconds. */
  readonly started_us?: number;
  readonly ended_us?: number;
  /** One row per leg from mod_json_cdr; times ending in `_uepoch` are epoch microseconds, 0 means not set. */
  readonly legs?: readonly CaptureLeg[];
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly narrative?: readonly Readonly<Record<string, unknown>>[];
  /** Counted by an independent parser when the bytes were recorded, per connection. */
  readonly capture?: Readonly<Record<string, CaptureCount>>;
}

export interface CaptureLeg {
  readonly uuid: string;
  readonly direction: 'inbound' | 'outbound';
  readonly hangup_cause: string;
  readonly start_uepoch: number;
  readonly answer_uepoch: number;
  readonly end_uepoch: number;
  readonly hangup_by?: string;
  readonly [field: string]: unknown;
}

export interface CaptureCount {
  readonly frames_by_content_type: Readonly<Record<string, number>>;
  readonly events: Readonly<Record<string, number>>;
  readonly events_total: number;
  readonly raw_bytes: number;
}

/** A line of `commands.jsonl`: `send` and `send_raw` went to the switch, `reply` is its answer, `note` is the script's. */
export interface CaptureCommand {
  readonly type: 'meta' | 'send' | 'send_raw' | 'reply' | 'note' | 'socket_closed';
  /** Milliseconds since the connection was made. */
  readonly t_ms?: number;
  readonly cmd?: string;
  readonly body?: string;
  readonly text?: string;
  readonly ct?: string;
  readonly what?: string;
  /** Bytes received before this was sent. */
  readonly raw_off?: number;
  readonly t0_epoch_us?: number;
  readonly [field: string]: unknown;
}

export interface CaptureConnection {
  /** Folder of the connection: `plain`, `json`, `conn-bad-password`, ...; `.` where the scenario has only one. */
  readonly name: string;
  readonly format: 'plain' | 'json';
  bytes(): Buffer;
  /** Empty where it was not kept. */
  readonly commands: readonly CaptureCommand[];
  /** [ms since connect, offset, length] of each piece as the socket gave it; empty where it was not recorded. */
  readonly chunks: readonly (readonly [number, number, number])[];
}

export interface Capture {
  readonly name: string;
  readonly truth: CaptureTruth;
  readonly connections: readonly CaptureConnection[];
}

const ROOT = fileURLToPath(new URL('../golden/esl/', import.meta.url));

/** Every recorded scenario, in the order of their names. Bytes are read when asked for, and not kept. */
export function captures(): Capture[] {
  return readdirSync(ROOT)
    .filter((name) => existsSync(join(ROOT, name, 'truth.json')))
    .sort()
    .map((name) => capture(name));
}

/** One scenario by its full name or by its number, e.g. `02a`. */
export function capture(name: string): Capture {
  const folder = readdirSync(ROOT).find((entry) => entry === name || entry.startsWith(`${name}-`));
  if (folder === undefined) throw new Error(`there is no capture "${name}" in test/golden/esl`);
  const path = join(ROOT, folder);
  return {
    name: folder,
    truth: JSON.parse(readFileSync(join(path, 'truth.json'), 'utf8')) as CaptureTruth,
    connections: ['.', ...readdirSync(path).sort()]
      .filter((entry) => rawFile(join(path, entry)) !== undefined)
      .map((entry) => connection(join(path, entry), entry)),
  };
}

/** One connection of one scenario, e.g. `captureConnection('13a', 'outbound-socket')`. */
export function captureConnection(scenario: string, name: string): CaptureConnection {
  const found = capture(scenario).connections.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`capture "${scenario}" has no connection "${name}"`);
  return found;
}

/** Pieces of `bytes` as the recorded `recv()` calls gave them; whole where they were not recorded. */
export function recordedChunks(recorded: CaptureConnection): Buffer[] {
  const bytes = recorded.bytes();
  if (recorded.chunks.length === 0) return [bytes];
  return recorded.chunks.map(([, offset, length]) => bytes.subarray(offset, offset + length));
}

/** The whole load recording (212 MB), where `TRUNKLINE_ESL_CAPTURES` names the directory that holds `12-load/raw.bin.gz`. */
export function wholeLoadCapture(): string | undefined {
  const directory = process.env['TRUNKLINE_ESL_CAPTURES'];
  if (directory === undefined || directory === '') return undefined;
  const path = join(directory, '12-load', 'raw.bin.gz');
  return existsSync(path) ? path : undefined;
}

function rawFile(folder: string): string | undefined {
  return ['raw.bin', 'raw.bin.gz', 'raw-head.bin.gz'].map((file) => join(folder, file)).find((file) => existsSync(file));
}

function connection(folder: string, name: string): CaptureConnection {
  return {
    name,
    format: name === 'json' ? 'json' : 'plain',
    bytes: () => {
      const path = rawFile(folder) ?? '';
      const stored = readFileSync(path);
      return path.endsWith('.gz') ? gunzipSync(stored) : stored;
    },
    commands: rows<CaptureCommand>(join(folder, 'commands.jsonl')),
    chunks: rows<readonly [number, number, number]>(join(folder, 'chunks.jsonl')),
  };
}

function rows<Row>(path: string): Row[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}
