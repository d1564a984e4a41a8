import { jest } from '@jest/globals';
import { appendTogetherContract } from './event-store/appends-together.js';
import { appendContract } from './event-store/appends.js';
import { concurrencyContract } from './event-store/concurrency.js';
import type { StoreUnderTest } from './event-store/fixtures.js';
import { readContract } from './event-store/reads.js';
import { closeContract, subscriptionContract } from './event-store/subscriptions.js';

export type { StoreUnderTest } from './event-store/fixtures.js';

// Nothing here is about time; a machine that is busy with other things may take as long as it needs.
jest.setTimeout(120_000);

/**
 * What every event store must do, whatever it is made of. One store serves the whole suite, a
 * second one its end; the log need not be empty when it starts.
 */
export const eventStoreContract = (name: string, factory: () => Promise<StoreUnderTest>): void => {
  describe(`event store contract: ${name}`, () => {
    let current: StoreUnderTest | undefined;
    const store = (): StoreUnderTest => {
      if (current === undefined) throw new Error('the store was not started');
      return current;
    };

    beforeAll(async () => {
      current = await factory();
    }, 60_000);
    afterAll(async () => {
      await current?.dispose();
    }, 60_000);

    appendContract(store);
    appendTogetherContract(store);
    readContract(store);
    subscriptionContract(store);
    concurrencyContract(store);
    closeContract(factory);
  });
};
