/** `node --import` this file to run the project's TypeScript directly: a benchmark, a second process of a test. */
import { register } from 'node:module';

register('./swc-hooks.mjs', import.meta.url);
