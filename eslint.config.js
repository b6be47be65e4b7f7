import neostandard from 'neostandard'

/** Words that identifiers do not use, each with the word of the field that they use instead. */
const bannedWords = {
  anew: 'again',
  begun: 'started, or PendingAuthorization',
  bell: 'notification',
  complain: 'toError',
  conclude: 'report',
  crowd: 'audience',
  deed: 'ActivityInput',
  desk: 'context',
  doors: 'dependencies',
  farewell: 'drain or shutdown',
  fate: 'nextState',
  fated: 'nextState',
  footing: 'context',
  ground: 'environment',
  heed: 'handle',
  insist: 'retry or assertLeaseHeld',
  judge: 'classify',
  judged: 'classified',
  most: 'max',
  nobody: 'none',
  oddities: 'hostQuirks',
  persist: 'retry',
  ring: 'notify or send',
  shown: 'the noun with Response',
  somebody: 'user or other',
  standing: 'status or progress',
  steer: 'control',
  steered: 'controlled',
  steering: 'control',
  stranger: 'untrusted or outsider',
  verdict: 'kind or failure',
  whoever: 'caller',
  wish: 'Input or Request'
}

export default [
  ...neostandard({ ts: true, noJsx: true, ignores: ['**/node_modules/**', '**/.carillon/**', '**/.tap/**', '**/dist/**', '**/generated/**', 'packages/shared/migrations/**'] }),
  {
    rules: {
      '@stylistic/comma-dangle': ['error', 'never'],
      '@stylistic/max-len': ['error', { code: 130, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }]
    }
  },
  {
    files: ['apps/*/src/**/*.ts', 'packages/*/src/**/*.ts'],
    ignores: ['**/src/main.ts', 'packages/testing/src/**'],
    rules: {
      'no-restricted-properties': ['error', {
        object: 'process', property: 'env', message: 'Only a composition root (main.ts) reads the environment.'
      }]
    }
  },
  {
    files: ['apps/**/*.ts', 'packages/**/*.ts', 'examples/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...Object.entries(bannedWords).map(([word, better]) => ({
        selector: `Identifier[name=/^${word}(?![a-z])|(?<!at)${word[0].toUpperCase()}${word.slice(1)}(?![a-z])/]`,
        message: `Identifiers do not say "${word}". Use ${better}.`
      }))]
    }
  }
]
