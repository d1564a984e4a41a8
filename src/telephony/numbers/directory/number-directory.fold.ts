import type { Json, Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { LiveFold } from '../../../platform/subscriptions/live-fold.js';
import type { KnownNumber, NumberDirectory } from '../../ports/number-directory.port.js';
import type { NumberEvent } from '../domain/number.events.js';

/** All numbers in service, by the digits that a switch sends. */
export class NumberDirectoryFold implements LiveFold, NumberDirectory {
  readonly name = 'number-directory';
  readonly version = 1;
  readonly eventTypes = ['NumberAssigned', 'NumberConfigured', 'NumberRetired'];
  private readonly byDigits = new Map<string, KnownNumber>();
  private readonly digitsById = new Map<string, string>();

  resolve(dialed: string): KnownNumber | undefined {
    return this.byDigits.get(digitsOf(dialed));
  }

  byId(numberId: string): KnownNumber | undefined {
    return this.byDigits.get(this.digitsById.get(numberId) ?? '');
  }

  apply(recorded: RecordedEvent): void {
    const event = recorded as Recorded<NumberEvent>;
    const { numberId } = event.data;
    const before = this.digitsById.get(numberId);
    if (before !== undefined && this.byDigits.get(before)?.numberId === numberId) this.byDigits.delete(before);
    this.digitsById.delete(numberId);
    if (event.type === 'NumberRetired') return;
    const digits = digitsOf(event.data.number);
    this.digitsById.set(numberId, digits);
    this.byDigits.set(digits, { tenantId: event.metadata.tenantId, numberId, destination: event.data.destination });
  }

  snapshot(): Json {
    return [...this.byDigits] as unknown as Json;
  }

  restore(state: Json): void {
    for (const [digits, known] of state as unknown as [string, KnownNumber][]) {
      this.byDigits.set(digits, known);
      this.digitsById.set(known.numberId, digits);
    }
  }
}

/** `+49 30 1234` and `49301234` are one number to a switch. */
export const digitsOf = (number: string): string => number.replace(/^\+/, '').replace(/[\s()/.-]/g, '');
