import { colorOf } from '../colors.ts'
import type { CommandContext } from '../command-context.ts'
import { count, number } from '../notifications/output/format.ts'
import { table } from '../notifications/output/table.ts'
import { printable } from '../printable.ts'
import { readable } from './readable.ts'
import { ago } from './ago.ts'
import { providerTable } from './provider-table.ts'
import type { Status } from './status-api.ts'
import { wrapText } from './wrap-text.ts'

/** The state of a deployment, as lines of 80 characters where the names of machines allow it. */
export function describeStatus (status: Status, { named, colors }: Pick<CommandContext, 'named' | 'colors'>): string[] {
  const { attention, workers, providers, database } = status
  const senders = providers.filter(({ canSend }) => canSend)
  return [
    attention.length === 0 ? colors.green('Everything works.') : `${count(attention.length, 'thing needs', 'things need')} attention.`,
    ...attention.flatMap(({ severity, explanation, nextStep }) => [
      '',
      ...wrapText(`${colorOf(severity, colors)(severity)}: ${readable(explanation)}`),
      ...wrapText(`Next: ${named(readable(nextStep))}`, { indent: '  ' })
    ]),
    '',
    ...workers.length === 0 ? ['There are no workers.'] : describeWorkers(status, colors),
    '',
    ...senders.length === 0 ? ['No provider is offered. Set the variables of a provider (docs/providers.md).'] : providerTable(senders, status.at, colors),
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

function describeWorkers ({ workers, at }: Status, { red }: CommandContext['colors']): string[] {
  return table([
    ['WORKER', 'PROCESS', 'VERSION', 'LAST SEEN', 'STARTED', 'JOBS'],
    ...workers.map(({ host, pid, version, alive, seenAt, startedAt, runningJobs }) => [
      printable(host), String(pid), version, `${ago(seenAt, at)}${alive ? '' : `, ${red('lost')}`}`, ago(startedAt, at), number(runningJobs)
    ])
  ], [1, 5])
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
