import { readFile } from 'node:fs/promises'
import { freePort } from '@carillon/local'
import { backends, spawnApp, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { parse } from 'yaml'
import { ended, importUsers, openProcesses } from './open-processes.ts'
import { readQuery } from './read-query.ts'

interface Dashboard {
  templating: { list: Array<{ definition?: string }> }
  panels: Array<{ title: string, targets?: Array<{ expr: string }> }>
}
interface Rules {
  groups: Array<{ rules: Array<{ alert: string, expr: string }> }>
}

/** Prometheus adds these to every series. */
const ofPrometheus = ['instance', 'job']
const token = 'metrics-token-of-a-test'
const series = await scrapeAfterDelivery(t)

t.test('counts what was delivered', async (t) => {
  const valueOf = (text: string): string | undefined => series.find(({ line }) => line.startsWith(`${text} `))?.line.split(' ').at(-1)
  t.equal(valueOf('carillon_deliveries_total{provider="pushbullet",outcome="sent"}'), '3')
  t.equal(valueOf('carillon_attempts_total{provider="pushbullet"}'), '3')
  t.equal(valueOf('carillon_delivery_duration_seconds_count{provider="pushbullet"}'), '3')
  t.equal(valueOf('carillon_deliveries_in_flight{provider="pushbullet"}'), '0')
  t.equal(valueOf('carillon_notifications_accepted_total'), '1')
  t.equal(valueOf('carillon_build_info{app="worker",version="0.1.0"}'), '1')
})

t.test('every query of the dashboard finds its metrics and labels', async (t) => {
  const { panels, templating } = JSON.parse(await readFile(fileOf('dashboard.json'), 'utf8')) as Dashboard
  const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))
  t.ok(queries.length > 20)
  for (const { title, expr } of queries) check(t, title, expr.replaceAll('$__rate_interval', '5m').replaceAll('$provider', '.*'))
  for (const { definition } of templating.list) {
    if (definition === undefined) continue
    const [, metric, label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? []
    t.ok(series.some(({ name, labels }) => name === metric && label in labels), definition)
  }
})

t.test('every alert rule finds its metrics and labels', async (t) => {
  const { groups } = parse(await readFile(fileOf('alerts.yaml'), 'utf8')) as Rules
  const rules = groups.flatMap(({ rules }) => rules)
  t.ok(rules.length > 5)
  for (const { alert, expr } of rules) check(t, alert, expr)
})

t.test('finds what a query has wrong', async (t) => {
  t.match(faultsOf('sum(rate(carillon_attempts[5m]))'), ['no series carillon_attempts'])
  t.match(faultsOf('carillon_attempts_total{providers="pushbullet"}'), ['carillon_attempts_total has no label providers'])
  t.match(faultsOf('carillon_deliveries_total{outcome="lost"}'), ['carillon_deliveries_total has no outcome lost'])
  t.match(faultsOf('sum by (outcome) (carillon_attempts_total)'), ['nothing to group by outcome'])
  t.match(faultsOf('sum(rate(carillon_attempts_total[5m])'), ['unreadable'])
})

function check (t: Test, title: string, expr: string): void {
  t.same(faultsOf(expr), [], `${title}: ${expr}`)
}

function faultsOf (expr: string): string[] {
  const query = readQuery(expr)
  if (query === undefined) return ['unreadable']
  const found = query.selectors.flatMap(({ metric }) => series.filter(({ name }) => name === metric))
  return [
    ...query.selectors.flatMap(({ metric, matchers }) => {
      const own = series.filter(({ name }) => name === metric)
      if (own.length === 0) return [`no series ${metric}`]
      return matchers.flatMap(({ label, value }) => {
        if (own.every(({ labels }) => !(label in labels))) return [`${metric} has no label ${label}`]
        return value === undefined || own.some(({ labels }) => labels[label] === value) ? [] : [`${metric} has no ${label} ${value}`]
      })
    }),
    ...query.grouping.filter((label) => !ofPrometheus.includes(label) && found.every(({ labels }) => !(label in labels)))
      .map((label) => `nothing to group by ${label}`)
  ]
}

interface Series {
  line: string
  name: string
  labels: Record<string, string>
}

/** The series of a real API and a real worker that have sent a notification to three users. */
async function scrapeAfterDelivery (t: Test): Promise<Series[]> {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const WORKER_HEALTH_PORT = String(await freePort())
  const settings = { METRICS_TOKEN: token, WORKER_HEALTH_PORT, RECONCILE_SECONDS: '1' }
  const { site, apiUrl, env } = await openProcesses(t, await postgres.open(t), settings, ['pushbullet', 'blotre', 'facebook'])
  const worker = spawnApp(t, 'worker', { env })
  await worker.ready
  const userIds = await importUsers(site, 3)
  const { id } = await site.api<{ id: string }>('POST', '/v1/notifications', {
    body: { audience: { userIds }, message: { type: 'note', title: 'Hello' } }
  })
  await ended(site, id)
  const scraped = await until(async () => {
    const texts = await Promise.all([apiUrl, `http://127.0.0.1:${WORKER_HEALTH_PORT}`].map(async (url) => {
      const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
      return await response.text()
    }))
    const text = texts.join('\n')
    // Each process counts after it has answered, and a scrape may find the first reconcile still running.
    return /outcome="sent"} 3/.test(text) && /kind="lost"/.test(text) && /gc_duration_seconds_sum/.test(text) && text
  }, { what: 'metrics' })
  const refused = await fetch(`http://127.0.0.1:${WORKER_HEALTH_PORT}/metrics`)
  t.equal(refused.status, 401, 'the worker needs the token too')
  return scraped.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
    const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? []
    return { line, name, labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, value]) => [label, value])) }
  })
}

function fileOf (name: string): URL {
  return new URL(`../../../docs/observability/${name}`, import.meta.url)
}
