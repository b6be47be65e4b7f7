import { closeAccount, reopenAccount, unsubscribe } from '../connections/index.ts'
import type { AccountEnd } from '../connections/index.ts'
import { publicId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { skipWaiting } from '../deliveries/index.ts'
import { refuseGrant } from '../grants/index.ts'
import { holdOpenedGrant } from '../handshakes/index.ts'
import type { Log } from '../log/index.ts'
import { cleanName } from '../names/index.ts'
import type { InboundEvent, Provider } from '../providers/index.ts'
import type { Vault } from '../vault/index.ts'
import { openEvents } from './stored-events.ts'

export interface InboundServices {
  database: Database
  vault: Vault
  providers: ReadonlyMap<string, Provider>
  log: Log
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Handles the events of a stored notice, and removes them. Handling them twice has the effect of once. */
export async function handleNotice (services: InboundServices, id: string): Promise<void> {
  const { database: { sql }, vault, log } = services
  const [notice] = await sql<Array<{ provider: string, kind: string, events: string | null, at: string }>>`
    select provider, kind, events, at from notices where id = ${id}`
  if (notice === undefined || notice.events === null) return
  const closed: string[] = []
  for (const event of openEvents(vault, id, notice.events)) {
    closed.push(...await handleEvent(services, notice.provider, event, new Date(notice.at)))
  }
  await sql`update notices set events = null, handle_at = null, closed = ${closed.length} where id = ${id}`
  const connectionIds = closed.map((connection) => publicId('connection', connection))
  log.info({ provider: notice.provider, kind: notice.kind, connectionIds }, 'handled a notice')
}

/** Returns the ids of the connections that the event closed. */
async function handleEvent (services: InboundServices, provider: string, event: InboundEvent, at: Date): Promise<string[]> {
  switch (event.kind) {
    case 'accountRemoved': return await close({
      accountId: event.accountId,
      at: event.issuedAt,
      reason: 'removed at the provider',
      ...services.providers.get(provider)?.survivesRemoval === true &&
        { revocation: { vault: services.vault, canRevoke: () => true } }
    })
    case 'deletionRequested': return await close({
      accountId: event.accountId, at: event.issuedAt, reason: 'deleted at the user\'s request', erases: true
    })
    case 'targetGone': return await close({ accountId: event.accountId, at, reason: event.reason })
    case 'targetReturned':
      await reopen(event)
      return []
    case 'linkOpened':
      await holdOpened(event)
      return []
    case 'grantRevoked':
      await refuseGrant(services.database, { provider, key: event.key, reason: event.reason, at: event.issuedAt })
      return []
    case 'unsubscribed':
      await unsubscribe(services.database, { provider, accountId: event.accountId })
      return []
  }

  /** The user confirms the account in the browser that began the handshake. */
  async function holdOpened ({ code, grant }: Extract<InboundEvent, { kind: 'linkOpened' }>): Promise<void> {
    const { database, vault, now, log } = services
    const account = { ...grant.account, name: cleanName(grant.account.name, grant.account.id) }
    const isHeld = await holdOpenedGrant(database, vault, { provider, code, grant: { ...grant, account } }, now())
    if (!isHeld) log.info({ provider }, 'a link was opened that no open handshake has')
  }

  async function reopen ({ grant, reason }: Extract<InboundEvent, { kind: 'targetReturned' }>): Promise<void> {
    const { database, vault, providers, log } = services
    const rules = { accounts: providers.get(provider)?.accounts ?? 'one', canRevoke: false }
    const reopened = await reopenAccount(database, vault, { provider, grant, reason }, rules)
    log.info({ provider, connectionIds: reopened.map((one) => publicId('connection', one.id)) }, 'connections work again')
  }

  async function close (end: Omit<AccountEnd, 'provider'>): Promise<string[]> {
    const closed = await closeAccount(services.database, { provider, ...end })
    for (const id of closed) await skipWaiting(services.database, id)
    return closed
  }
}
