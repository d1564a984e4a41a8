/** Once per jest run, after the last spec. */
const teardown = async () => {
  await globalThis.trunklineTestServer?.stop();
};

export default teardown;
