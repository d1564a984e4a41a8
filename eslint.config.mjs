import tseslint from 'typescript-eslint';

const clockAndRandom = [
  { object: 'Date', property: 'now', message: 'take the time from the Clock port' },
  { object: 'Math', property: 'random', message: 'take randomness from the Random port' },
  { object: 'performance', property: 'now', message: 'take the time from the Clock port' },
];
const timers = ['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({ name, message: 'use Clock.after of the Clock port' }));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '**/*.mjs', '**/*.cjs', '**/*.d.ts'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['src/**/*.ts', 'projections/**/*.ts'],
    ignores: ['src/platform/time/**', 'src/*/adapters/**', 'src/platform/embedded/**', 'src/cli.ts', 'src/cli/**'],
    rules: {
      'no-restricted-properties': ['error', ...clockAndRandom],
      'no-restricted-globals': ['error', ...timers],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'take the time from the Clock port' },
        { selector: "CallExpression[callee.property.name='randomUUID']", message: 'take randomness from the Random port' },
      ],
    },
  },
  { files: ['src/cli.ts', 'src/cli/**/*.ts', 'test/**/*.ts'], rules: { 'no-console': 'off' } },
  // Nest reads constructor types at run time: an import that decorates must stay a value.
  { files: ['**/*.controller.ts', '**/*.module.ts', '**/*.handler.ts', '**/*.dto.ts', '**/*.guard.ts', '**/*.filter.ts', '**/*.interceptor.ts'], rules: { '@typescript-eslint/consistent-type-imports': 'off' } },
);
