import { moment } from '../notifications/output/format.ts'
import { table } from '../notifications/output/table.ts'
import { printable } from '../printable.ts'

export const connectionStatuses = ['active', 'needsReauth', 'revoked'] as const

/** A connection as `GET /v1/connections` returns it. */
export interface Connection {
  id: string
  userId: string | null
  teamId: string | null
  provider: string
  status: typeof connectionStatuses[number]
  statusReason: string | null
  account: { name: string }
  mutedReason: string | null
  updatedAt: string
}

export function connectionTable (connections: Connection[]): string[] {
  return table([
    ['CONNECTION', 'PROVIDER  ', 'STATUS     ', 'CHANGED', 'OWNER', 'ACCOUNT', 'REASON'],
    ...connections.map(({ id, userId, teamId, provider, status, statusReason, account, mutedReason, updatedAt }) => [
      id, provider, status, moment(updatedAt), printable(userId ?? `team ${teamId ?? ''}`), printable(account.name),
      printable([statusReason, mutedReason].filter((reason) => reason !== null).join(', '))
    ])
  ])
}
