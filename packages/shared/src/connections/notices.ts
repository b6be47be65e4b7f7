import { createHash, randomBytes } from 'node:crypto'
import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { erasePullsIn } from '../pulls/erase-pulls.ts'

/** A notice whose signature was verified. */
export interface NewNotice {
  provider: string
  /** `deauthorize`: the account revoked its grant. `delete`: all data about the account must be deleted. */
  kind: 'deauthorize' | 'delete'
  accountId: string
  issuedAt: Date
  /** The signed content. The same content counts once. */
  content: string
}

/** The result of a notice. */
export interface NoticeOutcome {
  /** The confirmation code, with which a user can look up the notice. */
  code: string
  /** Ids of the connections that the notice closed. Empty for a repeated notice. */
  closed: string[]
}

/**
 * Closes the account's connections and deletes their credentials and pulled data, in one transaction. `delete` also deletes all
 * data about the account. Keeps connections that were connected after the notice was issued. The provider has already revoked
 * the credentials.
 */
export async function takeNotice ({ sql }: Database, notice: NewNotice): Promise<NoticeOutcome> {
  const { provider, kind, accountId, issuedAt } = notice
  const digest = createHash('sha256').update(notice.content).digest('hex')
  return await sql.begin(async (tx) => {
    const [known] = await tx<Array<{ code: string }>>`
      insert into notices (id, provider, kind, digest, code, closed)
      values (${newId()}, ${provider}, ${kind}, ${digest}, ${randomBytes(16).toString('hex')}, 0)
      on conflict (provider, kind, digest) do nothing returning code`
    if (known === undefined) {
      const [earlier] = await tx<Array<{ code: string }>>`
        select code from notices where provider = ${provider} and kind = ${kind} and digest = ${digest}`
      return { code: earlier?.code ?? '', closed: [] }
    }
    // The time of a notice is in whole seconds, so events of that second count as earlier.
    const meant = await tx<Array<{ id: string, isOpen: boolean }>>`
      select id, status <> 'revoked' as "isOpen" from connections
      where provider = ${provider} and account_id = ${accountId} and not exists (
        select from connection_events where connection_id = connections.id
          and event in ('connection.connected', 'connection.reconnected') and at >= ${issuedAt.toISOString()}::timestamptz + interval '1 second')
      order by id for no key update`
    const closed = meant.filter(({ isOpen }) => isOpen).map(({ id }) => id)
    await tx`
      update connections set status = 'revoked', status_reason = ${reasons[kind]}, disconnected_at = now(), credentials = null,
        credentials_version = credentials_version + 1, expires_at = null, limited_until = null, lease_owner = null, lease_until = null,
        updated_at = now()
      where id = any (${closed}::uuid[])`
    await erasePullsIn(tx, closed)
    await tx`
      insert into connection_events (id, connection_id, event, reason)
      select * from unnest(${closed.map(() => newId())}::uuid[], ${closed}::uuid[]) as ids, (values ('connection.disconnected', ${reasons[kind]})) as what`
    if (kind === 'delete') {
      const ids = meant.map(({ id }) => id)
      await tx`update connections set account_id = '', account_name = '' where id = any (${ids}::uuid[])`
      await tx`delete from revocations where connection_id = any (${ids}::uuid[])`
    }
    await tx`update notices set closed = ${closed.length} where code = ${known.code}`
    return { code: known.code, closed }
  })
}

/** When data was deleted, by its confirmation code. Undefined when there is no such code. */
export async function findDeletion ({ sql }: Database, provider: string, code: string): Promise<{ at: Date } | undefined> {
  const [row] = await sql<Array<{ at: string }>>`
    select at from notices where provider = ${provider} and kind = 'delete' and code = ${code}`
  return row === undefined ? undefined : { at: new Date(row.at) }
}

const reasons = { deauthorize: 'removed at the provider', delete: 'deleted at the user\'s request' }
