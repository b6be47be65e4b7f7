import neostandard from 'neostandard'

/** Who may import whom. Each row: the files it binds, what they must not reach, and why. */
const directions = [
  {
    files: ['packages/*/src/**/*.ts'],
    forbid: ['@carillon/api', '@carillon/worker', '@carillon/cli', '@carillon/sandbox', '@carillon/bench'],
    why: 'a package does not import an app'
  },
  {
    files: ['apps/*/src/**/*.ts'],
    forbid: ['@carillon/api', '@carillon/worker', '@carillon/cli', '@carillon/sandbox', '@carillon/bench'],
    why: 'an app does not import another app'
  },
  {
    files: ['packages/shared/src/postgres/**/*.ts'],
    forbid: ['config', 'http', 'providers', 'db', 'queue', 'vault', 'connections', 'deliveries', 'notifications', 'pulls', 'throttling']
      .flatMap((door) => [`**/${door}/**`, `@carillon/shared/${door}`]),
    why: 'postgres only knows how the drivers connect'
  },
  ...['http', 'providers', 'db', 'queue', 'vault'].map((own) => ({
    files: [`packages/shared/src/${own}/**/*.ts`],
    forbid: ['http', 'providers', 'db', 'queue', 'vault', 'connections', 'deliveries', 'notifications', 'pulls', 'throttling']
      .filter((door) => door !== own && !(own === 'providers' && door === 'http'))
      .flatMap((door) => [`**/${door}/**`, `@carillon/shared/${door}`]),
    why: 'http, db, queue and vault stand alone, and providers stand on http; connections, notifications and pulls stand on all of these'
  })),
  {
    files: ['apps/**/*.ts', 'packages/**/*.ts'],
    ignores: ['packages/shared/src/queue/**', 'packages/shared/test/queue/**', 'apps/worker/src/workers.ts', 'apps/bench/src/naive/**'],
    forbid: ['bullmq', 'ioredis'],
    why: "only shared's queue and the worker's workers.ts know BullMQ"
  },
  {
    files: ['apps/*/src/**/*.ts', 'packages/shared/src/**/*.ts'],
    forbid: ['@carillon/testing'],
    why: 'only tests use the test support'
  }
]

export default [
  ...neostandard({ ts: true, noJsx: true, ignores: ['**/node_modules/**', '**/.carillon/**', 'packages/shared/migrations/**'] }),
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
  ...merged(directions)
]

/** ESLint lets the last matching config win for one rule, so every file gets all of its directions in one. */
function merged (rows) {
  return rows.map(({ files, ignores = [], forbid, why }, index) => ({
    files,
    ignores,
    plugins: { [`direction-${index}`]: { rules: { imports: importRule(forbid, why) } } },
    rules: { [`direction-${index}/imports`]: 'error' }
  }))
}

function importRule (forbid, why) {
  const patterns = forbid.map((pattern) => new RegExp('^' + pattern.replaceAll('**', '@any@').replaceAll('*', '[^/]*').replaceAll('@any@', '.*') + '(/.*)?$'))
  const check = (context) => (node) => {
    const source = node.source?.value
    if (typeof source === 'string' && patterns.some((pattern) => pattern.test(source))) {
      context.report({ node, message: `'${source}' may not be imported here: ${why}.` })
    }
  }
  return {
    create: (context) => ({
      ImportDeclaration: check(context),
      ExportNamedDeclaration: check(context),
      ExportAllDeclaration: check(context),
      ImportExpression: check(context)
    })
  }
}
