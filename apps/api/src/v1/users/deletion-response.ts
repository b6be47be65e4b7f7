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

/** The table in docs/users.md has the same rows. */
const kept = [
  {
    data: 'Carillon\'s ids of the user and the connections, and the states, providers and times of deliveries',
    reason: 'The counts of notifications depend on them. They are deleted two weeks after RETENTION_DAYS have passed, and this report with ' +
      'them. The pseudonym of a user who owns a team stays until the team has another owner'
  },
  {
    data: 'The content of notifications to several users',
    reason: 'It belongs to the other users too. It is deleted after RETENTION_DAYS'
  },
  {
    data: 'Access that connections of other users use, for example to a workspace',
    reason: 'It is revoked with the last of these connections'
  },
  {
    data: 'Encrypted credentials from a handshake that no connection stored',
    reason: 'They have to be revoked at the provider. They are erased when this has succeeded, and after seven days at the latest'
  },
  {
    data: 'Encrypted responses to requests of your API keys with an Idempotency-Key',
    reason: 'They make repeated requests safe. They are deleted after 24 hours'
  },
  {
    data: 'The addresses of servers that the user chose, without the account',
    reason: 'Other users may use the same server'
  },
  {
    data: 'Entries of the audit trail',
    reason: 'They contain Carillon\'s ids only, and cannot be changed. They are deleted after AUDIT_RETENTION_DAYS'
  },
  {
    data: 'A keyed hash of your id of the user',
    reason: 'It finds this report, and is deleted with it. After you remove the key from CARILLON_KEYS, the report is 404'
  },
  {
    data: 'Backups and logs of your deployment',
    reason: 'Carillon does not control them. Its own log lines contain Carillon\'s ids only, but the log of a reverse proxy may contain paths ' +
      'with your id of the user'
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
