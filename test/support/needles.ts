import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Queryable } from '../../src/platform/postgres/database.js';

/** Base64 of whatever text this one stands in: what all three places it may begin at have in common. */
const base64Forms = (bytes: Buffer): string[] => [0, 1, 2].map((before) => Buffer.concat([Buffer.alloc(before, 32), bytes]).toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6)));

/** A text in every form in which it could have been written down somewhere. */
const formsOf = (text: string): Buffer[] => {
  const bytes = Buffer.from(text);
  const escaped = [...text].map((letter) => (letter.charCodeAt(0) < 128 ? letter : `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)).join('');
  const texts = [text, JSON.stringify(text).slice(1, -1), escaped, encodeURIComponent(text), bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...base64Forms(bytes), ...base64Forms(bytes).map((each) => each.replace(/\+/g, '-').replace(/\//g, '_'))];
  return [...new Set(texts)].map((each) => Buffer.from(each)).concat(Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16());
};

/** What must not be found, byte for byte. */
export class Needles {
  private readonly forms: readonly (readonly [text: string, forms: readonly Buffer[]])[];

  constructor(texts: readonly string[]) {
    this.forms = texts.map((text) => [text, formsOf(text)]);
  }

  /** Those that are in the bytes, each with the place. */
  in(place: string, content: Buffer | string): string[] {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    return this.forms.filter(([, forms]) => forms.some((form) => bytes.includes(form))).map(([text]) => `${text} in ${place}`);
  }

  /** In every file below a folder that was written since, ms since the epoch. */
  inFiles(folder: string, since = 0): string[] {
    if (!existsSync(folder)) return [];
    if (statSync(folder).isFile()) return this.in(folder, readFileSync(folder));
    return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      if (!entry.isFile()) return [];
      const file = join(entry.parentPath, entry.name);
      try {
        return statSync(file).mtimeMs < since ? [] : this.in(file, readFileSync(file));
      } catch (error) {
        // A server's files come and go.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    });
  }

  /** In every column of every table, as text. */
  async inTables(database: Queryable): Promise<string[]> {
    const { rows } = await database.query<{ name: string }>(`SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`);
    const found: string[] = [];
    for (const { name } of rows) found.push(...this.in(name, (await database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} AS t`)).rows.map(({ row }) => row).join('\n')));
    return found;
  }

  /** In the files of the database and in what the server's write-ahead log has since, as they lie on the disk. */
  async onDisk(database: Queryable, since: number): Promise<string[]> {
    await database.query('CHECKPOINT');
    const { rows } = await database.query<{ folder: string; oid: number }>(`SELECT current_setting('data_directory') AS folder, oid FROM pg_database WHERE datname = current_database()`);
    const { folder, oid } = rows[0]!;
    return [`base/${oid}`, 'pg_wal', 'pg_stat_tmp', 'pg_notify', 'log'].flatMap((part) => this.inFiles(join(folder, part), since));
  }
}
