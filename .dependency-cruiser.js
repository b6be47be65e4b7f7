/** Which rooms of packages/shared each room may import. A room that is not listed here may import all of these. */
const foundations = {
  text: [],
  names: [],
  log: [],
  retry: [],
  tracing: [],
  vault: [],
  postgres: [],
  stores: ['log', 'retry'],
  db: ['postgres', 'stores', 'log'],
  queue: ['postgres', 'stores', 'log', 'retry', 'tracing'],
  env: [],
  webhooks: [],
  providers: ['env', 'names', 'text', 'webhooks'],
  config: ['env', 'postgres', 'providers', 'text', 'vault']
}
const shared = '^packages/shared/src'

/** Checks imports, also those of types, which import/no-cycle of ESLint leaves out. */
export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Two modules that import each other are one module, or a type is in the wrong file.',
      severity: 'error',
      from: {},
      to: { circular: true }
    },
    {
      name: 'package-imports-app',
      comment: 'A package does not import an app.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src' },
      to: { path: '^apps/' }
    },
    {
      name: 'app-imports-app',
      comment: 'An app does not import another app.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/src' },
      to: { path: '^apps/', pathNot: '^apps/$1/' }
    },
    {
      name: 'source-imports-test-support',
      comment: 'Only tests use the test support.',
      severity: 'error',
      from: { path: '^(apps/[^/]+|packages/(http|clients|shared))/src' },
      to: { path: '^packages/testing/' }
    },
    {
      name: 'http-imports-package',
      comment: 'packages/http stands alone.',
      severity: 'error',
      from: { path: '^packages/http/src' },
      to: { path: '^packages/', pathNot: '^packages/http/' }
    },
    {
      name: 'clients-import-carillon',
      comment: 'Programs use packages/clients without the rest of Carillon.',
      severity: 'error',
      from: { path: '^packages/clients/src' },
      to: { path: '^packages/', pathNot: '^packages/(clients|http)/' }
    },
    {
      name: 'sdk-imports-carillon',
      comment: 'Sites and browsers use packages/sdk without the rest of Carillon.',
      severity: 'error',
      from: { path: '^packages/sdk/src' },
      to: { path: '^(packages|apps)/', pathNot: '^packages/sdk/src/' }
    },
    {
      name: 'example-imports-carillon',
      comment: 'An example imports what any site can install.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^(packages|apps)/', pathNot: '^packages/sdk/(src|dist)/' }
    },
    {
      name: 'rules-import-routes',
      comment: "The API's rules know neither its JSON routes nor its pages.",
      severity: 'error',
      from: { path: '^apps/api/src/(auth|connections|handshakes|input|notifications|problems|proxy|status|why)/' },
      to: { path: '^apps/api/src/(v1|pages)/' }
    },
    {
      name: 'bullmq-outside-queue',
      comment: "Only shared's queue and the worker's workers.ts know BullMQ.",
      severity: 'error',
      from: { pathNot: ['^packages/shared/(src|test)/queue/', '^apps/worker/src/workers\\.ts$', '^apps/bench/src/naive/'] },
      to: { path: 'node_modules/(bullmq|ioredis)/' }
    },
    ...Object.entries(foundations).map(([room, allowed]) => ({
      name: `${room}-imports-higher-room`,
      comment: `${room} imports ${allowed.length === 0 ? 'no other room' : `only ${allowed.join(', ')}`} of packages/shared.`,
      severity: 'error',
      from: { path: `${shared}/${room}/` },
      to: { path: `${shared}/`, pathNot: `${shared}/(${[room, ...allowed].join('|')})/` }
    })),
    {
      name: 'shared-imports-config',
      comment: 'Only the apps and their runtime read the configuration; what stands below them gets values.',
      severity: 'error',
      from: { path: `${shared}/`, pathNot: `${shared}/(config|runtime)/` },
      to: { path: `${shared}/config/` }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.js'] }
  }
}
