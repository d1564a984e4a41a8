/** A command as a client sent it: its line, the headers after it, and a body. */
export interface EslCommand {
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export const headerOf = (command: EslCommand, name: string): string | undefined => command.headers.find(([key]) => key.toLowerCase() === name)?.[1];

/** Longest command that the switch reads before it gives the client up, bytes. */
const LIMIT = 1024 * 1024;

/** Cuts the bytes of a client into commands: lines up to an empty one, then as many bytes as `content-length` says. */
export class CommandReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The commands completed by these bytes; undefined when the client sent too much without an end. */
  push(bytes: Buffer): EslCommand[] | undefined {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const commands: EslCommand[] = [];
    for (;;) {
      const match = /\r?\n\r?\n/.exec(this.#rest.toString('latin1'));
      if (!match) return this.#rest.length > LIMIT ? undefined : commands;
      const [line = '', ...lines] = this.#rest.toString('utf8', 0, match.index).split(/\r?\n/);
      const headers = lines.flatMap((text): [string, string][] => {
        const colon = text.indexOf(':');
        return colon < 0 ? [] : [[text.slice(0, colon).trim(), text.slice(colon + 1).trim()]];
      });
      const start = match.index + match[0].length;
      const length = Number(headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? 0) || 0;
      if (length > LIMIT) return undefined;
      if (this.#rest.length < start + length) return commands;
      const body = this.#rest.toString('utf8', start, start + length);
      this.#rest = this.#rest.subarray(start + length);
      if (line.trim() !== '' || headers.length > 0) commands.push({ line: line.trim(), headers, body });
    }
  }
}
