import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../../kernel/clock.js';
import type { Alarms } from '../../../platform/observability/alarms.port.js';
import { type SwitchCdrInbox, witnessedLegOf } from '../../ports/switch-cdr-inbox.port.js';
import type { SwitchCdrReader } from '../../ports/switch-cdr-reader.port.js';

export interface CdrSpoolParts {
  /** mod_json_cdr's `err-log-dir`. */
  readonly folder: string;
  readonly reader: SwitchCdrReader;
  readonly inbox: SwitchCdrInbox;
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** Between two looks into the folder, ms. Default 5,000. */
  readonly everyMs?: number;
}

/** `a_<uuid>.cdr.json` or `<uuid>.cdr.json`. */
const SPOOLED = /^([\w.-]{1,100})\.cdr\.json$/;

/** What cannot be read and has not been touched for so long is not being written any more, ms. */
const STILL_WRITTEN_MS = 60_000;

const AT_ONCE = 0;

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

/**
 * Collects the CDRs that a switch could not post and never sends again by itself: each goes into the
 * inbox, as if it had been posted, and its file, which names people, is removed; one that is no CDR goes
 * into the folder `unreadable` beside.
 */
export class CdrSpool {
  private timer: Timer | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = true;

  constructor(private readonly parts: CdrSpoolParts) {}

  start(): void {
    this.stopped = false;
    this.look();
  }

  /** Ends after the file in hand. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.running;
  }

  private look(): void {
    const { clock, alarms, everyMs = 5_000 } = this.parts;
    this.running = this.collect()
      .catch((error: unknown) => alarms.raise({ code: 'cdr-spool-unusable', message: `spooled CDRs cannot be collected (${codeOf(error)}); this process must be allowed to read and move them`, error }))
      .then(() => {
        if (!this.stopped) this.timer = clock.after(everyMs, () => this.look());
      });
  }

  private async collect(): Promise<void> {
    const { folder } = this.parts;
    const found = await readdir(folder).catch((error: unknown) => {
      // The switch makes the folder when it has something to put there.
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    for (const file of found.sort()) {
      if (this.stopped) return;
      const leg = SPOOLED.exec(file)?.[1];
      if (leg !== undefined) await this.take(file, leg);
    }
  }

  private async take(file: string, leg: string): Promise<void> {
    const { folder, reader, inbox, clock, alarms } = this.parts;
    const path = join(folder, file);
    try {
      const read = reader.read(await readFile(path, 'utf8'), leg);
      if ('unreadable' in read) {
        if ((await stat(path)).mtimeMs > clock.now() - STILL_WRITTEN_MS) return;
        alarms.raise({ code: 'spooled-cdr-unreadable', message: `a spooled file is no CDR of mod_json_cdr: ${read.unreadable}; it is put into the folder unreadable`, details: { leg: leg.replace(/^a_/, '') } });
        return await this.putAside(file);
      }
      await inbox.put(witnessedLegOf(read.cdr), AT_ONCE);
      await rm(path, { force: true });
    } catch (error) {
      // Another process of this machine was faster.
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  private async putAside(file: string): Promise<void> {
    const aside = join(this.parts.folder, 'unreadable');
    await mkdir(aside, { recursive: true });
    await rename(join(this.parts.folder, file), join(aside, file));
  }
}
