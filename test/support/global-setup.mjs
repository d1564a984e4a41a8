// Not TypeScript: jest would compile it to CommonJS, which cannot load the ES modules that it needs.
import './register-swc.mjs';

/** Once per jest run, before the workers start: one PostgreSQL for all specs. */
const setup = async () => {
  const { startTestServer } = await import('./test-server.ts');
  globalThis.trunklineTestServer = await startTestServer();
  process.env.TRUNKLINE_TEST_POSTGRES = JSON.stringify(globalThis.trunklineTestServer.config);
};

export default setup;
