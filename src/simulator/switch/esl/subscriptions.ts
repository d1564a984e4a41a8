import { KNOWN_EVENT_NAMES } from '../event-names.js';
import type { SwitchEvent } from '../switch-event.js';

export type EventFormat = 'json' | 'plain' | 'xml';

/** What one ESL connection wants to hear: names, CUSTOM subclasses, filters. */
export class Subscriptions {
  format: EventFormat = 'plain';
  #all = false;
  readonly #names = new Set<string>();
  readonly #subclasses = new Set<string>();
  #filters: { readonly header: string; readonly value: string }[] = [];

  /** `event json A B CUSTOM x::y`; the answer's text. */
  add(words: readonly string[]): string {
    const rest = [...words];
    const first = rest[0]?.toLowerCase();
    let format: EventFormat = 'plain';
    if (first === 'json' || first === 'plain' || first === 'xml') {
      format = first;
      rest.shift();
    }
    if (!this.#apply(rest, true)) return '-ERR no keywords supplied';
    this.format = format;
    return `+OK event listener enabled ${format}`;
  }

  /** `nixevent A B`. */
  remove(words: readonly string[]): string {
    return this.#apply(words, false) ? '+OK events nixed' : '-ERR no keywords supplied';
  }

  clear(): void {
    this.#all = false;
    this.#names.clear();
    this.#subclasses.clear();
  }

  addFilter(header: string, value: string): void {
    this.#filters.push({ header, value });
  }

  /** `filter delete all`, `filter delete <header> [<value>]`. */
  removeFilter(header: string, value: string): void {
    this.#filters = header === 'all' ? [] : this.#filters.filter((filter) => filter.header.toLowerCase() !== header.toLowerCase() || (value !== '' && filter.value !== value));
  }

  wants(name: string, subclass?: string): boolean {
    if (name === 'CUSTOM' && subclass !== undefined && !this.#all) return this.#subclasses.has(subclass);
    return this.#all || this.#names.has(name);
  }

  passes(event: SwitchEvent): boolean {
    if (this.#filters.length === 0) return true;
    return this.#filters.some(({ header, value }) => {
      const found = event.header(header);
      if (found === undefined) return false;
      if (value.startsWith('/') && value.endsWith('/') && value.length > 1) return new RegExp(value.slice(1, -1), 'i').test(found);
      return found.toLowerCase() === value.toLowerCase();
    });
  }

  #apply(words: readonly string[], on: boolean): boolean {
    let known = false;
    let custom = false;
    for (const word of words.flatMap((text) => text.split(',')).filter((text) => text !== '')) {
      const name = word.toUpperCase();
      if (custom) {
        if (on) this.#subclasses.add(word);
        else this.#subclasses.delete(word);
        known = true;
      } else if (name === 'ALL') {
        this.#all = on;
        if (!on) this.clear();
        known = true;
      } else if (KNOWN_EVENT_NAMES.has(name)) {
        custom = name === 'CUSTOM';
        if (on) this.#names.add(name);
        else if (!custom) this.#names.delete(name);
        known = true;
      }
    }
    return known;
  }
}
