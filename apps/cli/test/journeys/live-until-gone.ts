import { openHandshake } from '@carillon/testing'
import type { Provider } from '@carillon/shared/providers'
import type { ConnectionResponse, OpenedHandshake, Site, WayIn } from '@carillon/testing'
import type { Test } from 'tap'

interface GoneJourney {
  site: Site
  provider: Provider
  way: WayIn
  user: string
  accountOf: (name: string) => string
  begin: (account: string) => Promise<OpenedHandshake>
}

/**
 * For a provider whose addresses end for good, and of which a user may have several: the address ends, the user connects others,
 * another user takes one over, and the user leaves.
 */
export async function liveUntilGone (
  t: Test, { site, provider, way, user, accountOf, begin }: GoneJourney, connectionId: string
): Promise<void> {
  const { api, control, delivery, inbox, notify } = site
  const [account, other] = [accountOf(user), accountOf(`${user}-other`)]
  const look = (id: string) => api<ConnectionResponse>('GET', `/v1/connections/${id}`)

  await control('POST', '/tokens/revoke', { provider: provider.id, account })
  const missed = await delivery(await notify([user], 'A message #missed'), connectionId, 'failed')
  t.match(missed.history.at(-1), { outcome: 'gone' })
  t.match(await look(connectionId), { status: 'revoked', statusReason: String })
  t.match(await api('GET', `/v1/notifications/${await notify([user], 'Too late')}`), { unreachable: [{ userId: user, reason: 'notConnected' }] })

  const back = await connect(await begin(account), account)
  t.not(back, connectionId, 'a new address is a new connection')
  const second = await connect(await begin(other), other)
  t.not(second, back, 'the user has two')
  const both = await notify([user], 'A message #both')
  await Promise.all([back, second].map((id) => delivery(both, id, 'sent')))
  t.same([await countReceived(account, 'both'), await countReceived(other, 'both')], [1, 1])
  t.equal(await connect(await begin(account), account), back, 'connecting it again keeps the id')

  const taker = `${user}-taker`
  const taken = await connect(await openHandshake(site, taker, { provider: provider.id, kind: way.kind }), account)
  t.match(await look(back), { status: 'revoked' }, 'an address belongs to the user who connected it last')
  await delivery(await notify([taker], 'A message #taken'), taken, 'sent')
  const own = await notify([user], 'A message #own')
  await delivery(own, second, 'sent')
  t.same([await countReceived(account, 'taken'), await countReceived(account, 'own'), await countReceived(other, 'own')], [1, 0, 1])

  await api('DELETE', `/v1/connections/${second}`)
  const { status, events } = await look(second)
  t.equal(status, 'revoked')
  t.same(events.map(({ event }) => event.replace('connection.', '')), ['connected', 'disconnected'])
  t.match(await api('GET', `/v1/notifications/${await notify([user], 'Too late')}`), { unreachable: [{ userId: user, reason: 'notConnected' }] })

  async function connect (handshake: OpenedHandshake, account: string): Promise<string> {
    await way.walk(site, handshake, { account, answer: 'allow' })
    const { status, error, connectionId } = await handshake.look()
    t.match({ status, error }, { status: 'completed', error: null })
    return connectionId ?? ''
  }

  async function countReceived (account: string, word: string): Promise<number> {
    return (await inbox(account, provider.id)).filter(({ item }) => JSON.stringify(item).includes(`#${word}`)).length
  }
}
