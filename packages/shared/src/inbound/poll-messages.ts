import type { Database } from '../db/index.ts'
import type { InboundReader, RequestContext } from '../providers/index.ts'
import { handleNotice } from './handle-notice.ts'
import type { InboundServices } from './handle-notice.ts'
import { storeMessage } from './store-message.ts'

/** Longer than a provider may hold a request. */
const leaseSeconds = 90

type Poll = NonNullable<InboundReader['poll']>

/**
 * Asks the provider once for messages, stores them and handles them, if this process `owner` holds the lease or no other does.
 * False when another process holds it. A process that crashes before it has stored the cursor gets the same messages again, which
 * count once. Throws ProviderError.
 */
export async function pollMessages (
  services: InboundServices, { provider, owner, poll }: { provider: string, owner: string, poll: Poll }, context: RequestContext
): Promise<boolean> {
  const { database, vault, log } = services
  const lease = await takeLease(database, provider, owner)
  if (lease === undefined) return false
  const { messages, cursor } = await poll(lease.cursor, context)
  const ids: string[] = []
  for (const message of messages.filter(({ events }) => events.length > 0)) {
    const { id } = await storeMessage(database, vault, provider, message)
    if (id !== undefined) ids.push(id)
  }
  await database.sql`update inbound_polls set cursor = ${cursor} where provider = ${provider} and lease_owner = ${owner}`
  // In order: a user may block and unblock. The worker repeats what fails here.
  for (const id of ids) {
    await handleNotice(services, id).catch((error: unknown) => log.error({ err: error, provider, noticeId: id }, 'could not handle a notice'))
  }
  return true
}

/** Lets another process ask at once. */
export async function releasePoll ({ sql }: Pick<Database, 'sql'>, provider: string, owner: string): Promise<void> {
  await sql`update inbound_polls set lease_owner = null, lease_until = null where provider = ${provider} and lease_owner = ${owner}`
}

async function takeLease ({ sql }: Pick<Database, 'sql'>, provider: string, owner: string): Promise<{ cursor: string | null } | undefined> {
  const [row] = await sql<Array<{ cursor: string | null }>>`
    insert into inbound_polls as polls (provider, lease_owner, lease_until)
    values (${provider}, ${owner}, now() + ${leaseSeconds} * interval '1 second')
    on conflict (provider) do update set lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
      where polls.lease_owner is null or polls.lease_owner = ${owner} or polls.lease_until < now()
    returning cursor`
  return row
}
