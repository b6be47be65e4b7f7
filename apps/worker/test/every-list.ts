import { listConnections } from '@carillon/shared/connections'
import { deliveryStates } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { listDeliveries, listUserDeliveries } from '@carillon/shared/deliveries'
import { listNotifications, notificationStatuses } from '@carillon/shared/notifications'
import { listTeams } from '@carillon/shared/teams'
import { listUsers } from '@carillon/shared/users'

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
export function everyList (database: Database, { broadcast, visibleTo }: { broadcast: string, visibleTo: string }): List[] {
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
      // It has 30,000.
      add('deliveries', filter, 32_000, () => listDeliveries(database, broadcast, { ...filter, limit }))
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
  return lists
}
