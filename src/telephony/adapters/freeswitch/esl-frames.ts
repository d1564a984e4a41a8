/** What a peer may make us hold: a frame that claims more is no ESL. Bytes. */
export interface EslLimits {
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
}

export const ESL_LIMITS: EslLimits = { maxHeaderBytes: 64 * 1024, maxBodyBytes: 16 * 1024 * 1024 };

/** One frame: its header block as text without the closing empty line, and exactly Content-Length bytes. */
export interface EslFrame {
  readonly head: string;
  readonly contentType: string;
  /** Valid until the next `append`. Empty where there is no Content-Length. */
  readonly body: Buffer;
  /** False where the header block had no Content-Length. */
  readonly hasLength: boolean;
}

interface FrameHead {
  readonly head: string;
  readonly contentType: string;
  readonly length: number;
  readonly hasLength: boolean;
}

const LF = 10;
const CR = 13;
const COLON = 58;
const NO_BYTES = Buffer.alloc(0);
/** A store larger than this is let go as soon as it is empty. */
const KEPT_STORE_BYTES = 256 * 1024;

/**
 * Cuts a byte stream into frames, whatever pieces it comes in. Lengths are bytes, each byte is looked
 * at once, and what is held is bounded by the limits and the last piece. After a failure it takes
 * and holds nothing more: where a frame ends is no longer known.
 */
export class EslFrameReader {
  #data: Buffer = NO_BYTES;
  #position = 0;
  #end = 0;
  /** How far the header block at `#position` was searched for its end. */
  #searched = 0;
  /** Whether the first line of that block has shown the colon that makes it a header. */
  #nameSeen = false;
  #head: FrameHead | undefined;
  #store: Buffer = NO_BYTES;
  #failure: string | undefined;

  constructor(private readonly limits: EslLimits = ESL_LIMITS) {}

  /** Why the stream is no ESL, once that is known. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Bytes received and not yet handed out. */
  get pendingBytes(): number {
    return this.#end - this.#position;
  }

  /** Memory held for them. */
  get heldBytes(): number {
    return this.#store.length;
  }

  /** Takes the next piece. Call `next` until it gives nothing, then `settle`. */
  append(chunk: Buffer): void {
    if (this.#failure !== undefined || chunk.length === 0) return;
    if (this.pendingBytes === 0) {
      this.#data = chunk;
      this.#position = 0;
      this.#searched = 0;
      this.#end = chunk.length;
      return;
    }
    this.settle();
    this.#reserve(chunk.length);
    chunk.copy(this.#store, this.#end);
    this.#end += chunk.length;
  }

  /** The next complete frame, if there is one. */
  next(): EslFrame | undefined {
    const head = this.#head ?? this.#readHead();
    if (head === undefined) return undefined;
    if (this.pendingBytes < head.length) {
      this.#head = head;
      return undefined;
    }
    this.#head = undefined;
    const from = this.#position;
    this.#position += head.length;
    this.#searched = this.#position;
    const body = head.length === 0 ? NO_BYTES : this.#data.subarray(from, this.#position);
    return { head: head.head, contentType: head.contentType, body, hasLength: head.hasLength };
  }

  /** Copies what is left of the last piece, which belongs to the caller, into our own store. */
  settle(): void {
    const left = this.pendingBytes;
    if (left === 0) {
      this.#data = NO_BYTES;
      this.#position = this.#end = this.#searched = 0;
      if (this.#store.length > KEPT_STORE_BYTES) this.#store = NO_BYTES;
      return;
    }
    if (this.#data === this.#store) return;
    if (this.#store.length < left) this.#store = Buffer.allocUnsafeSlow(roundUp(left));
    this.#data.copy(this.#store, 0, this.#position, this.#end);
    this.#rebase(left);
  }

  /** Puts the last `count` bytes of the frame just handed out back, to be read as the start of a frame. */
  giveBack(count: number): void {
    this.#position -= count;
    this.#searched = this.#position;
  }

  /** What is left of a frame that never ended: `contentType` where its header block is complete, and then without it. */
  takeRest(): { readonly bytes: Buffer; readonly contentType?: string; readonly missing: string } | undefined {
    const bytes = this.#data.subarray(this.#position, this.#end);
    const head = this.#head;
    if (bytes.length === 0 && head === undefined) return undefined;
    const missing =
      head === undefined
        ? `${bytes.length} bytes of a header block without its end`
        : `${bytes.length} of ${head.length} bytes of a ${head.contentType} body`;
    this.#drop();
    return { bytes: Buffer.from(bytes), missing, ...(head !== undefined && { contentType: head.contentType }) };
  }

  #readHead(): FrameHead | undefined {
    if (this.#failure !== undefined) return undefined;
    const data = this.#data;
    const end = this.#end;
    if (this.#searched === this.#position) {
      while (this.#position < end && (data[this.#position] === LF || data[this.#position] === CR)) this.#position += 1;
      this.#searched = this.#position;
      this.#nameSeen = false;
    }
    let at = this.#searched;
    for (; at < end; at += 1) {
      const byte = data[at];
      if (byte === COLON) this.#nameSeen = true;
      if (byte !== LF) continue;
      // A peer that greets in another protocol is told at its first line, not when the wait for it ends.
      if (!this.#nameSeen) return this.fail(`a frame starts with ${printable(data.toString('latin1', this.#position, at))}, which is no "Name: value" header`);
      if (data[at - 1] === LF) break;
    }
    if (at - this.#position > this.limits.maxHeaderBytes) {
      return this.fail(`a header block is longer than ${this.limits.maxHeaderBytes} bytes`);
    }
    this.#searched = at;
    if (at === end) return undefined;
    const head = readHead(data.toString('utf8', this.#position, at - 1), this.limits);
    if (typeof head === 'string') return this.fail(head);
    this.#position = this.#searched = at + 1;
    return head;
  }

  /** Gives the stream up: from here on nothing can be read from it. */
  fail(why: string): undefined {
    this.#failure = why;
    this.#drop();
    return undefined;
  }

  #drop(): void {
    this.#data = this.#store = NO_BYTES;
    this.#position = this.#end = this.#searched = 0;
    this.#head = undefined;
  }

  /** Room for `count` more bytes behind those held: moved to the front, or to a store twice as large. */
  #reserve(count: number): void {
    const left = this.pendingBytes;
    if (this.#end + count <= this.#store.length) return;
    if (left + count <= this.#store.length) this.#store.copyWithin(0, this.#position, this.#end);
    else {
      const larger = Buffer.allocUnsafeSlow(roundUp(Math.max(left + count, Math.min(this.#store.length * 2, this.#most()))));
      this.#data.copy(larger, 0, this.#position, this.#end);
      this.#store = larger;
    }
    this.#rebase(left);
  }

  /** The bytes held are now at the front of the store. */
  #rebase(left: number): void {
    this.#data = this.#store;
    this.#searched -= this.#position;
    this.#position = 0;
    this.#end = left;
  }

  #most(): number {
    return this.limits.maxHeaderBytes + this.limits.maxBodyBytes;
  }
}

/** The headers that frame: what follows, and how long it is. A text says what is wrong with them. */
function readHead(text: string, limits: EslLimits): FrameHead | string {
  let contentType: string | undefined;
  let lengthText: string | undefined;
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline === -1 ? text.length : newline;
    const colon = text.indexOf(':', from);
    if (colon < to && (colon - from === 12 || colon - from === 14)) {
      const name = text.slice(from, colon).toLowerCase();
      const value = text.slice(colon + 1, to).trim();
      if (name === 'content-type') {
        if (contentType !== undefined && contentType !== value) return `a frame has two types, ${printable(contentType)} and ${printable(value)}`;
        contentType = value;
      } else if (name === 'content-length') {
        if (lengthText !== undefined && lengthText !== value) return `a frame has two lengths, ${printable(lengthText)} and ${printable(value)}`;
        lengthText = value;
      }
    }
    from = to + 1;
  }
  if (contentType === undefined) return 'a frame has no Content-Type';
  if (lengthText === undefined) return { head: text, contentType, length: 0, hasLength: false };
  if (!/^\d{1,15}$/.test(lengthText)) return `Content-Length is ${printable(lengthText)} where a count of bytes is due`;
  const length = Number(lengthText);
  if (length > limits.maxBodyBytes) return `Content-Length is ${length}, more than the ${limits.maxBodyBytes} bytes that a frame may have`;
  return { head: text, contentType, length, hasLength: true };
}

/** What a peer sent, safe to show in a message. */
export function printable(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}

const roundUp = (bytes: number): number => Math.ceil(bytes / 4096) * 4096;
