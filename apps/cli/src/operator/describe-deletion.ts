import { printable } from '../printable.ts'

/** The report of the API about the deletion of a user. */
export interface UserDeletion {
  userId: string
  status: 'running' | 'completed'
  connections: Array<{
    connectionId: string
    provider: string
    teamId: string | null
    revocation: 'pending' | 'revoked' | 'failed' | 'notSupported' | 'inUse'
    reason: string | null
  }>
  teams: { left: string[], ownerless: string[] }
  erased: Record<string, number>
  kept: Array<{ data: string, reason: string }>
}

const outcomes = {
  pending: 'not revoked yet',
  revoked: 'revoked',
  failed: 'not revoked',
  notSupported: 'credentials erased; the provider has no revocation',
  inUse: 'not revoked; other connections use the same access'
} satisfies Record<UserDeletion['connections'][number]['revocation'], string>

/** The report in lines for people. */
export function describeDeletion ({ userId, status, connections, teams, erased, kept }: UserDeletion): string[] {
  const user = printable(userId)
  return [
    status === 'completed'
      ? `${user} is deleted.`
      : `${user} has lost all access. A worker is erasing the data. Run the command again to see the result.`,
    ...connections.map(({ connectionId, provider, teamId, revocation, reason }) => {
      const why = revocation === 'failed' && reason !== null ? `: ${printable(reason)}` : ''
      const team = teamId === null ? '' : `, which the owner of the team ${printable(teamId)} has to connect again`
      return `  ${connectionId} (${printable(provider)}${team}): ${outcomes[revocation]}${why}`
    }),
    ...teams.ownerless.map((teamId) => `  The team ${printable(teamId)} needs another owner.`),
    `Erased so far: ${Object.entries(erased).map(([kind, number]) => `${kind} ${number}`).join(', ')}`,
    'Kept:',
    ...kept.map(({ data, reason }) => `  ${data}. ${reason}.`)
  ]
}
