import { Type } from 'typebox'
import type { Static } from 'typebox'
import { publicId } from '@carillon/shared/db'
import type { UserDeletion } from '@carillon/shared/user-data'
import { nullable, timeField } from '../../input/fields.ts'

export const userDeletionResponse = Type.Object({
  userId: Type.String({ description: 'Your id of the user' }),
  status: Type.Enum(['running', 'completed'], {
    description: '`running`: the user has lost all access, and a worker is erasing the data. The worker waits for the revocations, and until ' +
      'your endpoints have received the events'
  }),
  requestedAt: timeField,
  completedAt: nullable(timeField),
  connections: Type.Array(Type.Object({
    connectionId: Type.String(),
    provider: Type.String(),
    teamId: Type.Union([Type.String(), Type.Null()], {
      description: 'Your id of the team that the user connected it for. The owner of the team has to connect again. Null: a connection of the user'
    }),
    revocation: Type.Enum(['pending', 'revoked', 'failed', 'notSupported', 'inUse'], {
      description: 'The revocation of the access at the provider. `pending` ends after seven days at the latest. `notSupported`: the provider ' +
        'has no revocation. `inUse`: connections of other users use the same access'
    }),
    reason: nullable(Type.String())
  }, { title: 'ClosedConnection' }), { description: 'The connections that were closed, with their revocations' }),
  teams: Type.Object({
    left: Type.Array(Type.String(), { description: 'Your ids of the teams that the user was in' }),
    ownerless: Type.Array(Type.String(), { description: 'Your ids of the teams that need another owner' })
  }, { title: 'LeftTeams' }),
  erased: Type.Object({
    connections: Type.Integer({ description: 'Accounts, names, credentials and pulled data' }),
    handshakes: Type.Integer(),
    deliveries: Type.Integer({ description: 'Histories, receipts and reasons of the providers' }),
    notifications: Type.Integer({ description: 'Your id of the user in their audiences, and the content of those to this user only' }),
    events: Type.Integer({ description: 'Your id of the user in their data' })
  }, { title: 'ErasedData', description: 'The number of records in which data of the user was erased so far' }),
  kept: Type.Array(Type.Object({ data: Type.String(), reason: Type.String() }, { title: 'KeptData' }), {
    description: 'The data that is kept, and the reason'
  })
}, { title: 'UserDeletion' })

/** docs/users.md explains the same. */
const kept = [
  {
    data: 'Carillon\'s ids of the user and of the connections, and the states, providers and times of the deliveries',
    reason: 'The counts of notifications depend on them. They are deleted when RETENTION_DAYS have passed'
  },
  {
    data: 'The content of notifications to several users',
    reason: 'It belongs to the other users too. It is deleted when RETENTION_DAYS have passed'
  },
  {
    data: 'Encrypted responses to requests of your API keys with an Idempotency-Key',
    reason: 'They make repeated requests safe. They are deleted after 24 hours'
  },
  {
    data: 'The addresses of servers that the user chose, without the account',
    reason: 'Other users may use the same server'
  }
]

export function toUserDeletionResponse (
  userId: string, { requestedAt, completedAt, connections, teams, erased }: UserDeletion
): Static<typeof userDeletionResponse> {
  const erasedOf = (kind: string): number => erased[kind] ?? 0
  return {
    userId,
    status: completedAt === null ? 'running' : 'completed',
    requestedAt: requestedAt.toISOString(),
    completedAt: completedAt?.toISOString() ?? null,
    connections: connections.map(({ connectionId, ...rest }) => ({ connectionId: publicId('connection', connectionId), ...rest })),
    teams,
    erased: {
      connections: erasedOf('connections'),
      handshakes: erasedOf('handshakes'),
      deliveries: erasedOf('deliveries'),
      notifications: erasedOf('notifications'),
      events: erasedOf('events')
    },
    kept
  }
}
