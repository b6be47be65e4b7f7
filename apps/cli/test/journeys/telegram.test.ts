import { backends, createSite, openHandshake, until, waysIn } from '@carillon/testing'
import type { ConnectionResponse, WayIn } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { spawnCarillon } from '../spawn-carillon.ts'

const provider = 'telegram'

async function journey (t: Test, env: Record<string, string>): Promise<void> {
  const { carillon, addresses } = await spawnCarillon(t, env)
  const site = createSite(addresses)
  const { api, control, delivery, inbox, notify } = site
  const look = (id: string) => api<ConnectionResponse>('GET', `/v1/connections/${id}`)
  const chat = (account: string, action: string) => control('POST', `/${provider}/chats`, { account, action })

  async function connect (user: string, way: WayIn, answer: 'allow' | 'deny' = 'allow') {
    const handshake = await openHandshake(site, user, { provider, kind: way.kind })
    await way.walk(site, handshake, { account: user, answer })
    return await handshake.look()
  }

  for (const [index, way] of waysIn.filter(({ kind }) => kind === 'link').entries()) {
    const user = `user-at-${index}`
    await t.test(`a user connects ${way.name}, gets messages, blocks the bot, unblocks it, and leaves`, async (t) => {
      t.match(await connect(user, way, 'deny'), { status: 'pending', connectionId: null }, 'nothing happens without Start')
      const { status, connectionId } = await connect(user, way)
      t.equal(status, 'completed')
      const id = connectionId ?? ''
      t.match(await look(id), { status: 'active', account: { name: `@${user}` } })
      await until(async () => (await inbox(user, provider)).length > 0, { what: 'the welcome' })
      await delivery(await notify([user], 'First message'), id, 'sent')
      t.match(JSON.stringify(await inbox(user, provider)), 'First message')

      await chat(user, 'block')
      await until(async () => (await look(id)).status === 'revoked', { what: 'the end of the connection' })
      t.match(await look(id), { statusReason: 'the user blocked the bot' })
      t.match(await api('GET', `/v1/notifications/${await notify([user], 'Missed')}`), { unreachable: [{ userId: user, reason: 'notConnected' }] })
      await chat(user, 'unblock')
      await until(async () => (await look(id)).status === 'active', { what: 'the way back' })
      await delivery(await notify([user], 'Second message'), id, 'sent')

      await api('DELETE', `/v1/connections/${id}`)
      await chat(user, 'block')
      await chat(user, 'unblock')
      // The updates are handled in order.
      const again = await connect(`${user}-next`, way)
      t.equal(again.status, 'completed')
      t.match(await look(id), { status: 'revoked', statusReason: 'disconnected' }, 'a user who left is not brought back')
      t.notMatch(JSON.stringify(await inbox(user, provider)), 'Missed')
    })
  }

  await t.test('a wrong token blames no connection, and everything goes out once the token is right', async (t) => {
    const [way] = waysIn.filter(({ kind }) => kind === 'link')
    const connected = way === undefined ? undefined : await connect('patient', way)
    const id = connected?.connectionId ?? ''
    await until(async () => (await inbox('patient', provider)).length > 0, { what: 'the welcome' })
    await control('POST', '/quirks', { provider, quirk: 'refusesToken', on: true })
    const notification = await notify(['patient'], 'Patience')
    await until(async () => JSON.stringify(await delivery(notification, id, 'retrying')).includes('misconfigured'), { what: 'the pause' })
    t.match(await look(id), { status: 'active' })
    await control('POST', '/quirks', { provider, quirk: 'refusesToken', on: false })
    await until(async () => JSON.stringify(await inbox('patient', provider)).includes('Patience'), { what: 'the message' })
    t.equal((await delivery(notification, id, 'sent')).attempts, 1)
  })

  t.notMatch(carillon.output(), 'sandbox-token', 'the token of the bot is in no line of any process')
}

for (const { kind, skip, open } of await backends()) {
  t.test(`the journeys of users with jobs in ${kind}`, { skip }, async (t) => { await journey(t, { ...await open(t) }) })
}
