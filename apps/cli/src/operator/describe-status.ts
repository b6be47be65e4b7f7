import { count, duration, number } from '../notifications/output/format.ts'
import { table } from '../notifications/output/table.ts'
import { printable } from '../printable.ts'
import { readable } from './readable.ts'
import type { Breaker, Status } from './status-api.ts'
import { wrapText } from './wrap-text.ts'

/** The state of a deployment, as lines of 80 characters where the names of machines allow it. */
export function describeStatus (status: Status, named: (text: string) => string): string[] {
  const { attention, workers, providers, database } = status
  const senders = providers.filter(({ canSend }) => canSend)
  return [
    attention.length === 0 ? 'Everything works.' : `${count(attention.length, 'thing needs', 'things need')} attention.`,
    ...attention.flatMap(({ severity, explanation, nextStep }) => [
      '',
      ...wrapText(`${severity}: ${readable(explanation)}`),
      ...wrapText(`Next: ${named(readable(nextStep))}`, { indent: '  ' })
    ]),
    '',
    ...workers.length === 0 ? ['There are no workers.'] : describeWorkers(status),
    '',
    ...senders.length === 0 ? ['No provider is offered.'] : describeProviders({ ...status, providers: senders }),
    '',
    ...table([
      ['API', `Carillon ${status.version}`],
      ['Database', `PostgreSQL ${printable(database.version)}, ${number(database.connections)} of ${number(database.maxConnections)} connections`],
      ['Migrations', describeMigrations(database.migrations)],
      ['Jobs', describeQueue(status.queue)],
      ['Clocks', describeClocks(status)]
    ])
  ]
}

function describeWorkers ({ workers, at }: Status): string[] {
  return table([
    ['WORKER', 'PROCESS', 'VERSION', 'HEARD', 'RUNS SINCE', 'JOBS'],
    ...workers.map(({ host, pid, version, alive, seenAt, startedAt, runningJobs }) => [
      printable(host), String(pid), version, `${ago(seenAt, at)}${alive ? '' : ', lost'}`, ago(startedAt, at), number(runningJobs)
    ])
  ], [1, 5])
}

function describeProviders ({ providers, at }: Status): string[] {
  return table([
    ['PROVIDER', 'STATE', 'DUE', 'LATER', 'BROADCAST', 'OLDEST DUE'],
    ...providers.map(({ provider, breakers, waiting: { due, later, broadcast, oldestDueAt } }) => [
      provider, stateOf(breakers, at), number(due), number(later), number(broadcast), oldestDueAt === null ? '' : ago(oldestDueAt, at)
    ])
  ], [2, 3, 4])
}

/** The state of the provider's own host, and otherwise the number of other hosts that do not work. */
function stateOf ([own, ...others]: Breaker[], at: string): string {
  if (own?.misconfigured === true) return 'paused'
  if (own !== undefined && own.state !== 'closed') return 'failing'
  const { silentUntil = null } = own ?? {}
  if (silentUntil !== null && silentUntil > at) return `limited for ${duration(secondsBetween(at, silentUntil))}`
  return others.length === 0 ? 'works' : `works, ${count(others.length, 'host waits', 'hosts wait')}`
}

function describeMigrations ({ applied, missing }: Status['database']['migrations']): string {
  return missing.length === 0 ? `${applied} applied, none missing` : `${applied} applied, ${missing.length} missing`
}

function describeQueue ({ kind, responds, product, version, evictionPolicy }: Status['queue']): string {
  if (kind === 'postgres') return 'in PostgreSQL'
  if (!responds) return 'in Redis, which does not respond'
  return `in ${product ?? 'Redis'} ${version ?? 'of an unknown version'}${evictionPolicy === null ? '' : ` with ${evictionPolicy}`}`
}

function describeClocks ({ database, queue }: Status): string {
  const all = [['PostgreSQL', database.clockAheadMs], [queue.product, queue.clockAheadMs]] as const
  return all.flatMap(([product, ms]) => ms === null ? [] : [`API ${Math.abs(ms)} ms ${ms < 0 ? 'behind' : 'ahead of'} ${product ?? ''}`]).join(', ')
}

function ago (iso: string, at: string): string {
  return `${duration(Math.max(0, secondsBetween(iso, at)))} ago`
}

function secondsBetween (from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 1000)
}
