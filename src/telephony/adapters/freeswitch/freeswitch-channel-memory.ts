/** The little that must be remembered of a channel between its events. */
export interface ChannelMemory {
  /** Last `Caller-Transfer-Source` seen: a new one is a new transfer. */
  transferSource: string;
  /** What the channel dialled or was dialled as. */
  dialedNumber: string;
  /** Its CHANNEL_HANGUP_COMPLETE was seen. */
  ended: boolean;
  /** While on hold: since when and how much hold time there was before, microseconds. */
  hold?: { readonly since: number; readonly before: number };
  /** With whom it was bridged last, and the place of that end among all ends of bridges. */
  lastPartner?: { readonly channelId: string; readonly order: number };
}

/** Memory of all channels of one switch. Entries live from the first event of a channel to its CHANNEL_DESTROY. */
export class ChannelMemories {
  readonly #channels = new Map<string, ChannelMemory>();
  readonly #doubtful = new Set<string>();
  #bridgesEnded = 0;

  get size(): number {
    return this.#channels.size;
  }

  get(channelId: string): ChannelMemory | undefined {
    return this.#channels.get(channelId);
  }

  /** The memory of a channel; for one that is seen for the first time, with what its event tells. */
  ofEvent(channelId: string, headers: Readonly<Record<string, string | undefined>>): ChannelMemory {
    const known = this.#channels.get(channelId);
    if (known !== undefined) return known;
    // A channel met in the middle of its life may have been transferred before: that is no news.
    const fresh: ChannelMemory = { transferSource: transferSourceOf(headers), dialedNumber: headers['Caller-Destination-Number'] ?? '', ended: false };
    this.#channels.set(channelId, fresh);
    return fresh;
  }

  drop(channelId: string): void {
    this.#channels.delete(channelId);
  }

  /** From now on it is not known of any of them whether it still lives. */
  doubt(): void {
    for (const channelId of this.#channels.keys()) this.#doubtful.add(channelId);
  }

  /** Forgets the doubtful ones that are not in `alive`. One that appeared since is not in doubt, though no list may have it yet. */
  retain(alive: ReadonlySet<string>): void {
    for (const channelId of this.#doubtful) if (!alive.has(channelId)) this.#channels.delete(channelId);
    this.#doubtful.clear();
  }

  bridgeEnded(first: string, second: string): void {
    const order = ++this.#bridgesEnded;
    const one = this.#channels.get(first);
    const other = this.#channels.get(second);
    if (one !== undefined) one.lastPartner = { channelId: second, order };
    if (other !== undefined) other.lastPartner = { channelId: first, order };
  }

  /**
   * A consultation handed over: both channels of a new bridge were last bridged with the same third
   * one. Whose bridge with it ended first was left waiting and is now transferred to the other.
   */
  handedOver(first: string, second: string): { readonly transferred: string; readonly to: string } | undefined {
    const one = this.#channels.get(first)?.lastPartner;
    const other = this.#channels.get(second)?.lastPartner;
    if (one === undefined || other === undefined || one.channelId !== other.channelId) return undefined;
    return one.order < other.order ? { transferred: first, to: second } : { transferred: second, to: first };
  }
}

/** `<epoch seconds>:<uuid>:<kind>:<rest>`, empty where the channel was never transferred. */
export const transferSourceOf = (headers: Readonly<Record<string, string | undefined>>): string =>
  headers['Caller-Transfer-Source'] ?? headers['variable_transfer_source'] ?? '';
