import { createSite, openHandshake, testDatabase, until, walkRedirect } from '@carillon/testing'
import type { ConnectionResponse } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { spawnCarillon } from '../spawn-carillon.ts'

const provider = 'slack'
const people = 200
const revokesAt = 'POST /slack/api/auth.revoke'

t.test(`one workspace with ${people} people`, async (t) => {
  const workspace = await openWorkspace(t)
  const { connect, countAnswers, control, deliveries, notifyAll, received, statuses, users } = workspace
  const ids = new Map<string, string>()
  for (const user of users) ids.set(user, await connect(user))
  t.same(await statuses(), { active: people })

  await t.test('refreshes the expired token once for everybody', async (t) => {
    const { refreshes: before } = await workspace.refreshes()
    await control('POST', '/tokens/expire', { provider, account: `${users[0]}@acme` })
    await deliveries(await notifyAll('A message #expired'), { sent: people })
    t.same(await workspace.refreshes(), { refreshes: before + 1, refused: 0 })
    t.equal(await received('#expired'), people)
  })

  await t.test('parks what is sent after the app was removed, and sends all of it after one person installed it again', async (t) => {
    // The installations and the removal must not fall into the same second.
    await control('POST', '/clock', { advanceSeconds: 5 })
    await control('POST', '/slack/remove-app', { account: `${users[0]}@acme` })
    await until(async () => (await statuses())['needsReauth'] === people, { what: 'all connections to wait' })
    const reasons = new Set((await workspace.connections()).map(({ statusReason }) => statusReason))
    t.same([...reasons], ['the access token was revoked'])
    const missed = await notifyAll('A message #missed')
    await deliveries(missed, { parked: people })
    const [first = ''] = users
    t.equal(await connect(first), ids.get(first), 'reconnecting keeps the id')
    t.same(await statuses(), { active: people })
    await deliveries(missed, { sent: people })
    t.equal(await received('#missed'), people, 'each person receives the message once')
  })

  await t.test('keeps all connections when people reconnect, and when the token of a person is revoked', async (t) => {
    const [first = '', second = ''] = users
    for (const isRotating of [true, false]) {
      await control('POST', '/quirks', { provider, quirk: 'rotatesTokens', on: isRotating })
      for (const user of [first, second, first]) t.equal(await connect(user), ids.get(user))
      await deliveries(await notifyAll(`A message #${isRotating ? 'rotating' : 'fixed'}`), { sent: people })
    }
    t.equal(await countAnswers(revokesAt), 0)
    const event = { type: 'tokens_revoked', tokens: { oauth: ['U1'], bot: [] } }
    t.match(await control('POST', '/slack/events', { account: `${first}@acme`, event }), { data: [{}, {}, { event, status: 200 }] })
    t.same(await statuses(), { active: people })
  })

  await t.test('revokes the access when the last person disconnects, and not before', async (t) => {
    const [last = '', ...others] = users
    await Promise.all(others.map((user) => workspace.disconnect(ids.get(user) ?? '')))
    t.same(await statuses(), { active: 1, revoked: people - 1 })
    await workspace.deliverOne(last, ids.get(last) ?? '')
    t.equal(await countAnswers(revokesAt), 0)
    await workspace.disconnect(ids.get(last) ?? '')
    await until(async () => await countAnswers(revokesAt) === 1, { what: 'the revocation' })
    t.same(await statuses(), { revoked: people })
  })
})

async function openWorkspace (t: Test) {
  const { url: DATABASE_URL } = await testDatabase(t)
  const { addresses } = await spawnCarillon(t, { DATABASE_URL })
  const site = createSite(addresses)
  const { api, control } = site
  const users = Array.from({ length: people }, (_, index) => `person-${index}`)

  return {
    connect,
    connections,
    control,
    countAnswers,
    deliverOne,
    deliveries,
    disconnect,
    notifyAll,
    received,
    refreshes,
    statuses,
    users
  }

  async function connect (user: string): Promise<string> {
    const { startUrl, look } = await openHandshake(site, user, { provider, kind: 'redirect' })
    await walkRedirect(startUrl, { account: `${user}@acme`, answer: 'allow' })
    const { status, error, connectionId } = await look()
    if (status !== 'completed') throw new Error(`${user}: ${status}, ${error}`)
    return connectionId ?? ''
  }

  async function connections (): Promise<ConnectionResponse[]> {
    const { data } = await api<{ data: ConnectionResponse[] }>('GET', `/v1/connections?provider=${provider}&limit=200`)
    return data
  }

  async function statuses (): Promise<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { status } of await connections()) counts[status] = (counts[status] ?? 0) + 1
    return counts
  }

  async function disconnect (id: string): Promise<void> {
    await api('DELETE', `/v1/connections/${id}`)
  }

  async function notifyAll (title: string): Promise<string> {
    return await site.notify(users, title)
  }

  async function deliverOne (user: string, connectionId: string): Promise<void> {
    await site.delivery(await site.notify([user], 'A message #alone'), connectionId, 'sent')
  }

  /** Waits until the deliveries of a notification are in these states. */
  async function deliveries (id: string, states: Record<string, number>): Promise<void> {
    await until(async () => {
      const { counts } = await api<{ counts: Record<string, number> }>('GET', `/v1/notifications/${id}`)
      return Object.entries(states).every(([state, count]) => counts[state] === count)
    }, { what: JSON.stringify(states) })
  }

  async function received (word: string): Promise<number> {
    return (await site.inbox('', provider)).filter(({ item }) => JSON.stringify(item).includes(word)).length
  }

  async function refreshes (): Promise<{ refreshes: number, refused: number }> {
    const { data: [count] } = await control<{ data: Array<{ refreshes: number, refused: number }> }>(
      'GET', `/refreshes?provider=${provider}&account=${users[0]}@acme`)
    return { refreshes: count?.refreshes ?? 0, refused: count?.refused ?? 0 }
  }

  async function countAnswers (endpoint: string): Promise<number> {
    const { data } = await control<{ data: Array<{ endpoint: string, answers: Record<string, number> }> }>('GET', '/stats')
    return data.find((each) => each.endpoint === endpoint)?.answers['200'] ?? 0
  }
}
