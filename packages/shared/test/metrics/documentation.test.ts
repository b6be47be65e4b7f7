import { readFile } from 'node:fs/promises'
import { Registry } from 'prom-client'
import t from 'tap'
import { createApiMetrics, createMetrics, createWorkerMetrics, measurePools, measureProcess, measureStores } from '../../src/metrics/index.ts'

interface DescribedMetric {
  name: string
  type: string
  help: string
  labelNames: string[]
  process: string
}

t.test('docs/metrics.md lists every metric of Carillon with its labels', async (t) => {
  const page = await readFile(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8')
  const listed = page.split('\n').filter((line) => line.startsWith('| `carillon_'))
  const expected = (await describeAll()).map(({ name, type, labelNames, process, help }) =>
    `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(', ') || '–'} | ${process} | ${help} |`)
  t.same(listed, expected)
})

t.test('names follow the conventions of Prometheus', async (t) => {
  for (const { name, type } of await describeAll()) {
    t.equal(name.endsWith('_total'), type === 'counter', `${name}: counters, and only they, end with _total`)
    if (type === 'histogram') t.match(name, /_seconds$/)
  }
})

async function describeAll (): Promise<DescribedMetric[]> {
  const both = createMetrics().registry
  measureProcess(both, 'test')
  const http = { countRequests: () => ({ running: 0, waiting: 0 }) }
  measurePools(both, { queueBackend: { countConnections: () => ({}) }, http })
  const [api, worker, shared] = [new Registry(), new Registry(), new Registry()]
  createApiMetrics(api)
  createWorkerMetrics(worker)
  measureStores(shared, {
    database: { sql: (() => Promise.resolve([])) as never },
    providers: [],
    onError: () => {}
  })
  const all = Object.entries({ API: api, worker, both, shared })
    .flatMap(([process, registry]) => registry.getMetricsAsArray().map((metric) => ({ ...metric, process })))
  return all.filter(({ name }) => name.startsWith('carillon_')).map(({ name, type, help, process, ...metric }) => ({
    name, type: String(type), help, process, labelNames: 'labelNames' in metric ? metric.labelNames as string[] : []
  }))
}
