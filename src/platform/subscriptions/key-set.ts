/** Bits per key; with two probes about one key in fifty that is not there is taken for one that is. */
const BITS = 16;
const FIRST_KEYS = 16_384;
const MOST_KEYS = 2 ** 23;

interface Layer {
  readonly words: Uint32Array;
  readonly mask: number;
  room: number;
}

/** Which keys have been seen, in two bytes a key: one that was is always known, one that was not hardly ever taken for it. */
export class KeySet {
  private readonly layers: Layer[] = [];

  add(key: string): void {
    let layer = this.layers.at(-1);
    if (layer === undefined || layer.room === 0) {
      const keys = Math.min(MOST_KEYS, FIRST_KEYS * 4 ** this.layers.length);
      layer = { words: new Uint32Array((keys * BITS) / 32), mask: keys * BITS - 1, room: keys };
      this.layers.push(layer);
    }
    layer.room -= 1;
    const hash = hashOf(key);
    for (const bit of [hash & layer.mask, second(hash) & layer.mask]) layer.words[bit >>> 5]! |= 1 << (bit & 31);
  }

  mayHave(key: string): boolean {
    if (this.layers.length === 0) return false;
    const hash = hashOf(key);
    const other = second(hash);
    return this.layers.some(({ words, mask }) => isSet(words, hash & mask) && isSet(words, other & mask));
  }
}

const isSet = (words: Uint32Array, bit: number): boolean => ((words[bit >>> 5]! >>> (bit & 31)) & 1) === 1;

/** FNV-1a. */
const hashOf = (key: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
};

const second = (hash: number): number => {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return mixed ^ (mixed >>> 13);
};
