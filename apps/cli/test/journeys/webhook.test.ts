import { openDatabase } from '@carillon/shared/db'
import { backends, createBrowser, createSite, openHandshake, until } from '@carillon/testing'
import type { ConnectionResponse } from '@carillon/testing'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { spawnCarillon } from '../spawn-carillon.ts'

interface Secret {
  label: string
  value: string
}

interface Arrival {
  request: { headers: Record<string, string>, body: unknown }
  item: { id: string, type: string, signature: string, data: { title?: string, challenge?: string } }
}

for (const { kind, skip, open } of await backends()) {
  t.test(`connects, changes the secret of and loses an endpoint, with jobs in ${kind}`, { skip }, async (t) => {
    const env = await open(t)
    const { addresses } = await spawnCarillon(t, { ...env })
    const database = openDatabase({ url: env.DATABASE_URL, max: 1 })
    t.teardown(() => database.close())
    const site = createSite(addresses)
    const urlOf = (name: string): string => `${addresses['webhookUrl']}/hooks/${name}`
    const look = (id: string) => site.api<ConnectionResponse>('GET', `/v1/connections/${id}`)
    const setEndpoint = (account: string, changes: object) => site.control('POST', '/webhook/endpoints', { account, ...changes })

    await t.test('the page shows the secret, which verifies what the endpoint gets', async (t) => {
      const handshake = await openHandshake(site, 'ann', { provider: 'webhook' })
      const browser = createBrowser()
      const page = await browser.follow(await browser.submit(await browser.get(handshake.startUrl), { address: urlOf('ann') }))
      const [secret = ''] = /whsec_[\w+/=]+/.exec(page.text) ?? []
      const { connectionId, newSecret } = await handshake.look() as { connectionId: string, newSecret?: Secret }
      t.match(newSecret, { label: 'Signing secret', value: secret })
      await site.delivery(await site.notify(['ann'], 'Message #1'), connectionId, 'sent')
      const arrivals = await arrivalsOf('ann')
      t.same(arrivals.map(({ item }) => item.type), ['connection.verify', 'notification.sent', 'notification.sent'], 'with the welcome')
      for (const { request: { headers, body } } of arrivals) {
        t.doesNotThrow(() => new Webhook(secret).verify(JSON.stringify(body), headers))
      }
      t.equal(new Set(arrivals.map(({ item }) => item.id)).size, 3)
      const { data } = await site.api<{ data: unknown[] }>('GET', '/v1/connections?userId=ann')
      t.notMatch(JSON.stringify(data), 'whsec_', 'a connection does not contain it')
    })

    await t.test('the user copies the code where the program does not answer', async (t) => {
      await site.control('POST', '/quirks', { provider: 'webhook', quirk: 'answersChallenges', on: false })
      const handshake = await openHandshake(site, 'bob', { provider: 'webhook' })
      const api = (path: string, body: object) =>
        site.api<{ status: string, newSecret?: Secret }>('POST', `/v1/handshakes/${handshake.id}/${path}`, { token: handshake.token, body })
      t.match(await api('address', { address: urlOf('bob') }), { status: 'pending', newSecret: undefined })
      const [challenge] = await arrivalsOf('bob')
      t.match(await api('confirm', { code: challenge?.item.data.challenge ?? '' }), { status: 'completed', newSecret: { value: /^whsec_/ } })
      await site.control('POST', '/quirks', { provider: 'webhook', quirk: 'answersChallenges', on: true })
    })

    await t.test('connecting it again makes a new secret, and the earlier one works on', async (t) => {
      const first = await connect('cleo')
      await setEndpoint('cleo', { secrets: [first.secret] })
      const second = await connect('cleo')
      t.equal(second.id, first.id)
      t.not(second.secret, first.secret)
      await site.delivery(await site.notify(['cleo'], 'Message #1'), first.id, 'sent')
      await setEndpoint('cleo', { secrets: [second.secret] })
      await site.delivery(await site.notify(['cleo'], 'Message #2'), first.id, 'sent')
      const signed = (await arrivalsOf('cleo')).filter(({ item }) => item.data.title?.startsWith('Message') === true)
      t.same(signed.map(({ item }) => item.signature), ['valid', 'valid'])
    })

    await t.test('messages wait while the endpoint refuses them, and go out after the user connects it again', async (t) => {
      const { id } = await connect('dora')
      await setEndpoint('dora', { status: 401 })
      const message = await site.notify(['dora'], 'Message #1')
      const refusedFiveMinutesAgo = () => database.sql`
        update connections set failure_streak = failure_streak || jsonb_build_object('since', now() - interval '5 minutes')
        where failure_streak is not null returning id`
      await until(async () => (await refusedFiveMinutesAgo()).length === 1, { what: 'the first refusal' })
      await site.delivery(message, id, 'parked')
      t.match(await look(id), { status: 'needsReauth', statusReason: /three times in a row/ })
      await setEndpoint('dora', { status: 200 })
      t.equal((await connect('dora')).id, id)
      await site.delivery(message, id, 'sent')
    })

    await t.test('an endpoint that responds 410 ends the connection, and can be connected again', async (t) => {
      const { id } = await connect('erik')
      await until(async () => (await arrivalsOf('erik')).length === 2, { what: 'the welcome' })
      await site.control('POST', '/tokens/revoke', { provider: 'webhook', account: 'erik' })
      await site.delivery(await site.notify(['erik'], 'Message #1'), id, 'failed')
      t.match(await look(id), { status: 'revoked', statusReason: /was removed/ })
      await setEndpoint('erik', { status: 200 })
      const back = await connect('erik')
      t.equal(back.id, id)
      await site.delivery(await site.notify(['erik'], 'Message #2'), id, 'sent')
    })

    async function connect (user: string): Promise<{ id: string, secret: string }> {
      const handshake = await openHandshake(site, user, { provider: 'webhook' })
      const { connectionId, newSecret } = await site.api<{ connectionId: string, newSecret: Secret }>(
        'POST', `/v1/handshakes/${handshake.id}/address`, { token: handshake.token, body: { address: urlOf(user) } })
      return { id: connectionId, secret: newSecret.value }
    }

    async function arrivalsOf (account: string): Promise<Arrival[]> {
      return await site.inbox(account, 'webhook') as unknown as Arrival[]
    }
  })
}
