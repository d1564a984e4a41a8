/** Items in the order of `compare`, which must tell any two of them apart. Finding a place takes log n steps. */
export class SortedList<T> {
  private readonly items: T[] = [];

  constructor(private readonly compare: (a: T, b: T) => number) {}

  get size(): number {
    return this.items.length;
  }

  at(index: number): T | undefined {
    return this.items[index];
  }

  add(item: T): void {
    const last = this.items.at(-1);
    // Who comes last usually belongs last.
    if (last === undefined || this.compare(last, item) < 0) this.items.push(item);
    else this.items.splice(this.placeOf(item), 0, item);
  }

  /** Nothing happens where the item is not in the list. */
  delete(item: T): void {
    const place = this.placeOf(item);
    const found = this.items[place];
    if (found === undefined || this.compare(found, item) !== 0) return;
    if (place === 0) this.items.shift();
    else this.items.splice(place, 1);
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.items[Symbol.iterator]();
  }

  private placeOf(item: T): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(this.items[middle]!, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
