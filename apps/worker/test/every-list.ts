import { listAudit } from '@carillon/shared/audit'
import type { AuditFilter } from '@carillon/shared/audit'
import { listConnections } from '@carillon/shared/connections'
import { deliveryStates } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { listDeliveries, listUserDeliveries } from '@carillon/shared/deliveries'
import { listNotifications, notificationStatuses } from '@carillon/shared/notifications'
import { listTeams } from '@carillon/shared/teams'
import { listUsers } from '@carillon/shared/users'
import type { Filled } from './fill-database.ts'

interface List {
  name: string
  /** The maximum of rows that a page may read. */
  max: number
  run: () => Promise<unknown>
}

const limit = 51
const page = 3_000
/** A page with a status reads 10,000 notifications at most, each with its counts. */
const walk = 45_000

/** Every list with every combination of its filters, in the database of `fillDatabase`. */
export function everyList (
  database: Database, { broadcast, teamUser: visibleTo, auditedKey, auditedTarget }: Filled
): List[] {
  const providers = [undefined, 'pushbullet', 'blotre', 'nowhere']
  const users = [undefined, 'user-102', 'nowhere']
  const owners = [{}, { userId: 'user-102' }, { teamId: 'team-7' }, { visibleTo }, { userId: 'user-102', teamId: 'team-7' }]
  const lists: List[] = []
  const add = (name: string, filter: object, max: number, run: List['run']) => lists.push({ name: `${name} ${JSON.stringify(filter)}`, max, run })

  for (const userId of users) {
    for (const status of [undefined, ...notificationStatuses]) {
      const filter = { userId, status }
      const max = status === undefined || userId !== undefined ? page : walk
      add('notifications', filter, max, () => listNotifications(database, filter, { limit }))
    }
  }
  for (const state of [undefined, ...deliveryStates]) {
    for (const provider of providers) {
      const filter = { state, provider }
      add('user deliveries', filter, page, () => listUserDeliveries(database, 'user-102', { ...filter, limit }))
      // It has 30,000. Early in a week they are most of their partition, and PostgreSQL may read all of that.
      add('deliveries', filter, 60_000, () => listDeliveries(database, broadcast, { ...filter, limit }))
      add('deliveries to a user', filter, page, () => listDeliveries(database, broadcast, { ...filter, userId: 'user-102', limit }))
    }
  }
  for (const owner of owners) {
    for (const provider of providers) {
      for (const status of [undefined, 'active', 'needsReauth', 'revoked'] as const) {
        const filter = { ...owner, provider, status }
        add('connections', filter, page, () => listConnections(database, filter, { limit }))
      }
    }
  }
  for (const filter of [{}, { prefix: 'user-5' }, { after: 'user-5' }, { prefix: 'user-5', after: 'user-59' }, { prefix: 'nowhere' }]) {
    add('users', filter, page, () => listUsers(database, { ...filter, limit }))
  }
  for (const filter of [{}, { prefix: 'team-5' }]) add('teams', filter, page, () => listTeams(database, { ...filter, limit }))
  const days = (number: number): Date => new Date(Date.now() - number * 86_400_000)
  const key = { kind: 'apiKey', id: auditedKey } as const
  const audits: AuditFilter[] = [
    {}, { since: days(1) }, { until: days(20) }, { since: days(21), until: days(20) }, { since: days(-1) },
    { targetId: auditedTarget }, { targetId: 'con_nowhere' }, { actor: { kind: 'operator' } }, { actor: { kind: 'system' } },
    { actor: key }, { actor: { kind: 'user', id: visibleTo } }, { action: 'connection.connected' }, { action: 'encryption_key.rotated' }, { action: 'team.created' },
    { userId: 'user-102' }, { userId: 'nowhere' },
    { actor: key, action: 'connection.imported' }, { actor: key, action: 'team.created' }, { actor: key, targetId: auditedTarget },
    { actor: key, userId: 'user-102', since: days(1) }, { action: 'connection.imported', userId: 'nowhere' }
  ]
  for (const filter of audits) add('audit entries', filter, page, () => listAudit(database, filter, { limit }))
  return lists
}
