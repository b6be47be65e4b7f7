import type { Database } from '@carillon/shared/db'
import type { Provider } from '@carillon/shared/providers'
import { createBrowser, until } from '@carillon/testing'
import type { OpenedHandshake, ConnectionResponse, Site, WayIn } from '@carillon/testing'
import type { Test } from 'tap'
import { matchOf } from '../../../../packages/shared/test/providers/conformance/traits.ts'
import type { Traits } from '../../../../packages/shared/test/providers/conformance/traits.ts'
import { liveUntilGone } from './live-until-gone.ts'

/** One user's way in to one provider. */
export interface Journey {
  site: Site
  database: Database
  provider: Provider
  way: WayIn
  /** At the site. */
  user: string
  /** An account at the provider, as it is named there. */
  accountOf: (name: string) => string
  /** The address of the simulator. */
  url: string
  begin: (account: string) => Promise<OpenedHandshake>
  traits: Traits
}

/** Says no, and where that does not end it, lets the handshake lapse: then it is too late to say yes. */
export async function decline (t: Test, journey: Journey): Promise<void> {
  const { site, database, provider, way, user, accountOf, begin, traits } = journey
  const { hidesDenial = false } = traits.journey
  const account = accountOf(user)
  const handshake = await begin(account)
  const address = await addressOf(journey, account)
  const page = await way.walk(site, handshake, { account, address, answer: 'deny' })
  if (way.kind === 'redirect' && !hidesDenial) {
    t.match(page?.text, /Reason: denied/)
    t.match(await handshake.look(), { status: 'failed', error: 'denied', connectionId: null })
  } else {
    t.match(await handshake.look(), { status: 'pending', error: null }, 'it may still be allowed')
    // The provider lets a code lapse by a clock that can be set. Ours cannot.
    if (way.kind === 'code') await site.control('POST', '/clock', { advanceSeconds: codeSeconds })
    await database.sql`update handshakes set expires_at = now() where id = ${handshake.id.slice('hsk_'.length)}`
    const { text } = await createBrowser().get(handshake.startUrl)
    t.match(text, way.kind === 'code' ? /Reason: codeExpired/ : /Reason: expired/)
    // Whatever it comes upon on the way.
    await way.walk(site, handshake, { account, address, answer: 'allow' }).catch(() => {})
    t.match(await handshake.look(), { status: 'expired', error: null, connectionId: null })
  }
  t.match(await site.api('GET', `/v1/connections?userId=${user}`), { data: [] })
  // Before the end, a code went to the address.
  if (way.kind !== 'confirm') t.same(await site.inbox(account, provider.id), [])
}

/**
 * Connects, gets messages through a rate limit and an expiry, loses the access, reconnects, connects another account and
 * disconnects. The other account replaces the first one, unless the provider's definition allows several.
 */
export async function live (t: Test, journey: Journey): Promise<void> {
  const { site, provider: { id: provider, accounts, refresh, revokes }, way, user, accountOf, begin, traits, url } = journey
  const { api, delivery, inbox, notify } = site
  const { rateLimited } = traits
  const [account, other] = [accountOf(user), accountOf(`${user}-moved`)]
  const endedBefore = await ended()
  const connectionId = await connect(account)
  const look = () => api<ConnectionResponse>('GET', `/v1/connections/${connectionId}`)
  await until(async () => (await inbox(account, provider)).length > 0, { timeoutMs: patienceMs, what: 'the welcome' })
  const { account: { name }, ...active } = await look()
  t.match(active, { status: 'active', revocation: null })
  t.equal(name.toLowerCase(), traits.journey.nameOf?.(account, url).toLowerCase() ?? account)
  t.equal((await delivery(await notify([user], 'A message #first'), connectionId, 'sent')).attempts, 1)
  t.equal(await countReceived(account, 'first'), 1)

  if (rateLimited !== undefined) {
    // Far enough off for the message to come before it.
    const limit = rateLimited(Math.floor(Date.now() / 1_000) * 1_000 + 5_000)
    await site.control('POST', '/faults', { provider, match: traits.delivery === undefined ? undefined : matchOf(traits.delivery), ...limit, times: 1 })
    const limited = await delivery(await notify([user], 'A message #limited'), connectionId, 'sent')
    t.equal(limited.attempts, 1, 'waiting for a rate limit costs no attempt')
    t.match(limited.history, [{ event: 'queued' }, { event: 'wait', reason: 'rateLimited' }, { event: 'attempt', outcome: 'sent' }])
    t.equal(await countReceived(account, 'limited'), 1)
  }

  if (refresh !== undefined && traits.neverExpires !== true) {
    const before = await countRefreshes()
    await site.control('POST', '/tokens/expire', { provider, account })
    t.equal((await delivery(await notify([user], 'A message #expired'), connectionId, 'sent')).attempts, 1, 'so does a refresh')
    t.equal(await countReceived(account, 'expired'), 1)
    t.equal(await countRefreshes() - before, 1)
    t.match(await look(), { status: 'active', revocation: null })
  }

  if (traits.endsAs === 'gone') return await liveUntilGone(t, journey, connectionId)

  await site.control('POST', '/tokens/revoke', { provider, account })
  const missed = await notify([user], 'A message #missed')
  await delivery(missed, connectionId, 'parked')
  t.match(await look(), { status: 'needsReauth', statusReason: String })
  t.equal(await connect(account), connectionId, 'coming back keeps the id')
  await delivery(missed, connectionId, 'sent')
  t.equal(await countReceived(account, 'missed'), 1, 'the missed notification arrives once')
  // A token that cannot be revoked alone is not revoked while the account is connected.
  if (revokes === 'account') t.equal((await look()).revocation, null)
  else await credentialsEnd(0, 'there is nothing left to end')

  const otherId = await connect(other)
  if (accounts === 'one') {
    t.equal(otherId, connectionId, 'so does moving to another account')
    await credentialsEnd(1, 'those of the old account are ended')
  } else t.not(otherId, connectionId, 'another account is another connection')
  const second = await notify([user], 'A message #second')
  for (const id of new Set([connectionId, otherId])) await delivery(second, id, 'sent')
  const firstGets = accounts === 'one' ? 0 : 1
  t.same([await countReceived(account, 'second'), await countReceived(other, 'second')], [firstGets, 1], 'every connected account gets it')

  await api('DELETE', `/v1/connections/${connectionId}`)
  await credentialsEnd(accounts === 'one' ? 2 : 1, 'leaving ends them too')
  const { status, events } = await look()
  t.equal(status, 'revoked')
  t.same(events.map(({ event }) => event.replace('connection.', '')),
    ['connected', 'needs_reauth', 'reconnected', ...accounts === 'one' ? ['reconnected'] : [], 'disconnected'])
  if (accounts !== 'one') {
    await api('DELETE', `/v1/connections/${otherId}`)
    // Its revocation must not count for the next journey.
    await awaitRevocation(otherId)
  }
  t.match(await api('GET', `/v1/notifications/${await notify([user], 'Too late')}`), { unreachable: [{ userId: user, reason: 'notConnected' }] })

  async function connect (account: string): Promise<string> {
    const handshake = await begin(account)
    await way.walk(site, handshake, { account, address: await addressOf(journey, account), answer: 'allow' })
    const { status, error, connectionId } = await handshake.look()
    t.match({ status, error }, { status: 'completed', error: null })
    return connectionId ?? ''
  }

  async function countReceived (account: string, word: string): Promise<number> {
    const seen = (await inbox(account, provider)).filter(({ item }) => item.type !== 'tags')
    return seen.filter(({ item }) => JSON.stringify(item).includes(word)).length
  }

  async function countRefreshes (): Promise<number> {
    const { data } = await site.control<{ data: Array<{ refreshes: number }> }>('GET', `/refreshes?${new URLSearchParams({ provider, account })}`)
    return data[0]?.refreshes ?? 0
  }

  /** Waits until the connection says how that went, and counts what the provider itself has ended for us so far. */
  async function credentialsEnd (times: number, why: string): Promise<void> {
    const { revocation } = await awaitRevocation(connectionId)
    if (traits.journey.revokesAt === undefined) {
      t.equal(revocation, null, 'where none can be ended nothing is said of it')
      return
    }
    t.match(revocation, { state: 'done', attempts: 1, reason: null })
    // The first credentials were revoked at the provider, which may confirm that once more.
    const confirmed = traits.journey.confirmsUnknownTokens === true && revokes !== 'account' ? 1 : 0
    t.equal(await ended() - endedBefore, times + confirmed, why)
  }

  function awaitRevocation (id: string): Promise<ConnectionResponse> {
    return until(async () => {
      const connection = await api<ConnectionResponse>('GET', `/v1/connections/${id}`)
      return connection.revocation?.state !== 'pending' && connection
    }, { timeoutMs: patienceMs, everyMs: 100, what: 'the revocation' })
  }

  async function ended (): Promise<number> {
    const { data } = await site.control<{ data: Array<{ endpoint: string, answers: Record<string, number> }> }>('GET', '/stats')
    return data.find(({ endpoint }) => endpoint === traits.journey.revokesAt)?.answers['200'] ?? 0
  }
}

async function addressOf ({ site, traits, url }: Journey, account: string): Promise<string> {
  return await traits.journey.addressOf?.(account, url, (path, body) => site.control('POST', path, body)) ?? account
}

/** How long Blot're's codes live. */
const codeSeconds = 1_200
/** For what the worker does in its own time. */
const patienceMs = 45_000
