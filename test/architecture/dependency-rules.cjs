const context = '^src/(telephony|routing|identity|campaigns|contacts|messaging|billing|integrations)/';
const composition = '^src/(main|app\\.module|cli|engine)\\.ts$|^src/(engine|cli)/';

/** The table of the house: who may import whom. Its run is part of `npm test`. @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unreachable-file',
      severity: 'error',
      comment: 'every file is reached from an entry point; in-memory adapters are for tests and simulations, and the outbound socket is decoded but not how the engine drives calls',
      from: { path: '^src/(main|cli)\\.ts$' },
      to: { path: '^(src|projections)/', pathNot: ['^src/(main|cli)\\.ts$', '\\.d\\.ts$', '/in-memory', '/outbound-socket\\.ts$'], reachable: false },
    },
    { name: 'kernel-imports-nothing', severity: 'error', from: { path: '^src/kernel/' }, to: { pathNot: '^src/kernel/' } },
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^src/([^/]+)/[^/]+/domain/' },
      to: { pathNot: ['^src/$1/[^/]+/domain/', '^src/kernel/'] },
    },
    {
      name: 'contract-shows-types-of-its-own-context',
      severity: 'error',
      from: { path: '^src/([^/]+)/contract/' },
      to: { pathNot: ['^src/$1/[^/]+/domain/', '^src/$1/contract/', '^src/kernel/'] },
    },
    {
      name: 'contexts-meet-in-contract-and-ports',
      severity: 'error',
      from: { path: '^src/(telephony|routing|identity|campaigns|contacts|messaging|billing|integrations)/' },
      to: { path: context, pathNot: ['^src/$1/', '^src/[^/]+/contract/', '^src/[^/]+/ports/'] },
    },
    {
      name: 'adapters-only-in-the-composition',
      severity: 'error',
      comment: 'commands, processes, domain and api see ports, never adapters',
      from: { path: context, pathNot: ['/adapters/', '\\.module\\.ts$'] },
      to: { path: '^src/[^/]+/adapters/' },
    },
    {
      name: 'api-sees-no-database-and-no-switch',
      severity: 'error',
      from: { path: '^src/[^/]+/[^/]+/api/' },
      to: { path: '(^src/platform/(event-store/(postgres|eventstoredb|in-memory)|embedded)/|node_modules/(pg|@eventstore/db-client|modesl)/)' },
    },
    { name: 'platform-knows-no-context', severity: 'error', from: { path: '^src/platform/' }, to: { path: '^(src/(?!platform/|kernel/)|projections/)' } },
    { name: 'simulator-stands-alone', severity: 'error', from: { path: '^src/simulator/' }, to: { path: '^(src/(?!simulator/|kernel/)|projections/)' } },
    {
      name: 'projections-read-events-through-contracts',
      severity: 'error',
      from: { path: '^projections/' },
      to: { path: '^src/', pathNot: ['^src/[^/]+/contract/', '^src/kernel/', '^src/platform/'] },
    },
    {
      name: 'projections-know-no-other-projection',
      severity: 'error',
      from: { path: '^projections/([^/]+)/' },
      to: { path: '^projections/([^/]+)/', pathNot: ['^projections/$1/', '^projections/shared/'] },
    },
    { name: 'only-the-composition-sees-projections', severity: 'error', from: { path: '^src/', pathNot: composition }, to: { path: '^projections/' } },
    { name: 'modesl-only-in-its-adapter', severity: 'error', from: { pathNot: '^src/telephony/adapters/freeswitch/' }, to: { path: 'node_modules/modesl/' } },
    { name: 'no-undeclared-package', severity: 'error', from: { path: '^(src|projections)/' }, to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
