export type Header = readonly [name: string, value: string];

/** An event as it leaves the switch: its headers in order, a header may come twice, and a body. */
export class SwitchEvent {
  #json: Buffer | undefined;
  #plain: Buffer | undefined;

  constructor(
    readonly name: string,
    readonly headers: readonly Header[],
    readonly body: string | undefined,
    /** The channel whose order this event keeps; undefined for the switch's own. */
    readonly channelId: string | undefined,
    readonly subclass?: string,
  ) {}

  header(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.headers.find(([key]) => key.toLowerCase() === wanted)?.[1];
  }

  /** The whole frame of `event json`. Made once for all who receive it. */
  json(): Buffer {
    return (this.#json ??= frame('text/event-json', this.jsonText()));
  }

  /** The whole frame of `event plain`: values percent-encoded as FreeSWITCH does it. */
  plain(): Buffer {
    return (this.#plain ??= frame('text/event-plain', this.plainText()));
  }

  jsonText(): string {
    let text = '{';
    for (const [name, value] of this.headers) text += (text.length > 1 ? ',' : '') + jsonNameOf(name) + (NEEDS_ESCAPE.test(value) ? JSON.stringify(value) : `"${value}"`);
    if (this.body !== undefined) text += `,"Content-Length":"${Buffer.byteLength(this.body)}","_body":${JSON.stringify(this.body)}`;
    return `${text}}`;
  }

  plainText(): string {
    let text = '';
    for (const [name, value] of this.headers) text += `${name}: ${encodeHeader(value)}\n`;
    return this.body === undefined ? `${text}\n` : `${text}Content-Length: ${Buffer.byteLength(this.body)}\n\n${this.body}`;
  }
}

const frame = (type: string, body: string): Buffer => Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\nContent-Type: ${type}\n\n${body}`);

const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;
const jsonNames = new Map<string, string>();

/** `"name":`, kept for the few hundred names that there are. */
const jsonNameOf = (name: string): string => {
  let text = jsonNames.get(name);
  if (text === undefined) {
    text = `${JSON.stringify(name)}:`;
    if (jsonNames.size < 2_000) jsonNames.set(name, text);
  }
  return text;
};

const UNSAFE = /[^\x21-\x7e]|[\r\n #%&+:;<=>?@[\\\]^`{|}"]/;
const HEX_PAIR = /^%[0-9a-fA-F]{2}/;

/** FreeSWITCH's encoding: what already looks like `%20` is left as it is, so it loses information. */
export const encodeHeader = (value: string): string => {
  if (!UNSAFE.test(value)) return value;
  let out = '';
  const bytes = Buffer.from(value);
  for (let i = 0; i < bytes.length; i++) {
    const char = String.fromCharCode(bytes[i]!);
    const alreadyEncoded = char === '%' && HEX_PAIR.test(bytes.toString('latin1', i, i + 3));
    out += UNSAFE.test(char) && !alreadyEncoded ? `%${bytes[i]!.toString(16).toUpperCase().padStart(2, '0')}` : char;
  }
  return out;
};
