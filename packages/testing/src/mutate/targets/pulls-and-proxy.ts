import type { Target } from '../target.ts'

const pulls = ['packages/shared/test/pulls/lease.test.ts']
const proxy = ['apps/api/test/proxy/conceal.test.ts']

/** Pulls, concealing in the proxy, and shutdowns. */
export const pullsAndProxy: Target[] = [
  { file: 'packages/shared/src/pulls/take.ts', tests: pulls, generate: true },
  { file: 'packages/shared/src/pulls/store.ts', tests: pulls, generate: true },
  {
    file: 'apps/api/src/proxy/conceal.ts',
    tests: proxy,
    generate: true,
    changes: [
      { find: 'other.length - one.length', replace: 'one.length - other.length' },
      { find: 'bytes.length - longest + 1', replace: 'bytes.length' },
      { find: 'bytes.length - longest + 1', replace: 'bytes.length - longest + 2' },
      { find: 'secrets.flatMap(secretForms)', replace: 'secrets' },
      { find: ' : value.map(clean)', replace: ' : value' }
    ],
    equivalents: {
      ['"body: Readable.from(starredOut(answer.body, all.map((secret) => Buffer.from(secret))), { objectMode: false })" → ' +
      '"body: Readable.from(starredOut(answer.body, all.map((secret) => Buffer.from(secret))), { objectMode: true })"']:
        'the chunks are the same; only how many of them are read ahead differs'
    }
  },
  {
    file: 'apps/api/src/proxy/secret-forms.ts',
    tests: proxy,
    generate: true,
    changes: [
      { find: '[percent, strict, form, ...jsonForms]', replace: '[strict, form, ...jsonForms]' },
      { find: '[percent, strict, form, ...jsonForms]', replace: '[percent, form, ...jsonForms]' },
      { find: '[percent, strict, form, ...jsonForms]', replace: '[percent, strict, ...jsonForms]' },
      { find: '[percent, strict, form, ...jsonForms]', replace: '[percent, strict, form]' },
      { find: '[text, lowerHex(text), upperHex(text)]', replace: '[text, upperHex(text)]' },
      { find: '[text, lowerHex(text), upperHex(text)]', replace: '[text, lowerHex(text)]' },
      { find: ', ...base64Forms(secret)]', replace: ']' },
      { find: '[0, 1, 2].flatMap', replace: '[0, 1].flatMap' },
      { find: '[0, 1, 2].flatMap', replace: '[0, 2].flatMap' },
      { find: '[own, own.replaceAll(\'+\', \'-\').replaceAll(\'/\', \'_\')]', replace: '[own]' },
      { find: "json.replaceAll('/', '\\\\/'), escapeForHtml(json)", replace: 'escapeForHtml(json)' }
    ]
  },
  {
    file: 'apps/cli/src/commands/import.ts',
    tests: ['apps/cli/test/commands/import.test.ts'],
    changes: [
      { find: 'if (totals.failed > 0) throw new ExitError(\'\', 1)', replace: '' },
      { find: 'if (totals.failed > 0) throw new ExitError(\'\', 1)', replace: 'throw new ExitError(\'\', 1)' },
      { find: 'new ExitError(\'\', 1)', replace: 'new ExitError(\'\', 2)' }
    ]
  },
  {
    file: 'packages/shared/src/runtime/shutdown.ts',
    tests: ['apps/worker/test/stop.test.ts'],
    changes: [
      { find: 'setTimeout(() => aborting.abort(), drainTimeoutMs)', replace: '' },
      { find: '    stopping.abort()', replace: '' }
    ]
  },
  {
    file: 'apps/worker/src/run-worker.ts',
    tests: ['apps/worker/test/stop.test.ts'],
    changes: [{ find: 'const drainTimeoutMs = 10_000', replace: 'const drainTimeoutMs = 20_000' }]
  },
  {
    file: 'packages/shared/src/queue/backend.ts',
    tests: ['packages/shared/test/queue/stalled-jobs.test.ts'],
    changes: [
      { find: 'maxStalledCount: 1_000', replace: 'maxStalledCount: 1' },
      { find: 'stalledInterval: Math.min(lockMs, stalledCheckMs), ', replace: '' }
    ]
  }
]
