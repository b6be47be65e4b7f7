import { moment, number } from '../notifications/output/format.ts'
import { table } from '../notifications/output/table.ts'
import { printable } from '../printable.ts'

/** A user as `GET /v1/users` returns it. */
export interface User {
  userId: string
  displayName: string | null
  connections: { active: number, needsReauth: number, revoked: number }
  createdAt: string
}

export function userTable (users: User[]): string[] {
  return table([
    ['ACTIVE', 'NEEDS REAUTH', 'REVOKED', 'CREATED', 'USER', 'NAME'],
    ...users.map(({ userId, displayName, connections: { active, needsReauth, revoked }, createdAt }) => [
      number(active), number(needsReauth), number(revoked), moment(createdAt), printable(userId), printable(displayName ?? '')
    ])
  ], [0, 1, 2])
}
