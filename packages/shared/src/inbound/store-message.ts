import { createHash, randomBytes } from 'node:crypto'
import { newId } from '../db/index.ts'
import type { Database, noticeKinds } from '../db/index.ts'
import { currentRequestId } from '../log/index.ts'
import type { InboundEvent, InboundMessage } from '../providers/index.ts'
import { sealContext } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'
import { handlingSeconds } from './stored-events.ts'

/** The result of storing a message. */
export interface StoredMessage {
  /** The confirmation code, with which a user can look up the notice. A repeated message has the code of the first. */
  code: string
  /** The id of the notice, for the caller to handle. Undefined for a repeated message, which another request handles. */
  id: string | undefined
}

/** The kinds that versions before the other kinds read and write. */
const storedKinds: Record<InboundEvent['kind'], typeof noticeKinds[number]> = {
  accountRemoved: 'deauthorize',
  deletionRequested: 'delete',
  linkOpened: 'linkOpened',
  targetGone: 'targetGone',
  targetReturned: 'targetReturned',
  grantRevoked: 'grantRevoked',
  unsubscribed: 'unsubscribed'
}

/** Stores a verified message with its events, once. If this process crashes before it has handled them, another one does. */
export async function storeMessage (
  { sql }: Pick<Database, 'sql'>, vault: Vault, provider: string, { id: messageId, events }: InboundMessage
): Promise<StoredMessage> {
  const [first] = events
  if (first === undefined) throw new TypeError('A message without events is not stored')
  const id = newId()
  const kind = storedKinds[first.kind]
  const digest = createHash('sha256').update(messageId).digest('hex')
  const [stored] = await sql<Array<{ code: string }>>`
    insert into notices (id, provider, kind, digest, code, events, handle_at, request_id)
    values (${id}, ${provider}, ${kind}, ${digest}, ${randomBytes(16).toString('hex')},
      ${vault.seal(JSON.stringify(events), sealContext('notices.events', id))}, now() + ${handlingSeconds} * interval '1 second',
      ${currentRequestId() ?? null})
    on conflict (provider, kind, digest) do nothing returning code`
  if (stored !== undefined) return { code: stored.code, id }
  const [earlier] = await sql<Array<{ code: string }>>`
    select code from notices where provider = ${provider} and kind = ${kind} and digest = ${digest}`
  return { code: earlier?.code ?? '', id: undefined }
}

/** When data was deleted, by its confirmation code. Undefined when there is no such code. */
export async function findDeletion ({ sql }: Database, provider: string, code: string): Promise<{ at: Date } | undefined> {
  const [row] = await sql<Array<{ at: string }>>`
    select at from notices where provider = ${provider} and kind = 'delete' and code = ${code}`
  return row === undefined ? undefined : { at: new Date(row.at) }
}
