import { backends, createBrowser, createSite, openHandshake, until, walkRedirect, waysIn } from '@carillon/testing'
import type { Addresses, ConnectionResponse, WayIn } from '@carillon/testing'
import t from 'tap'
import { spawnCarillon } from '../spawn-carillon.ts'

// Each test has its own database and processes and mostly waits, so they run at the same time.
t.jobs = 3

const provider = 'discord'
const all = await backends()
const [redirect, paste] = (['redirect', 'paste'] as const).map((kind) => {
  const way = waysIn.find((way) => way.kind === kind)
  if (way === undefined) throw new Error(`there is no way in by ${kind}`)
  return way
}) as [WayIn, WayIn]

for (const { kind, skip, open } of all) {
  t.test(`connects and loses channels, with jobs in ${kind}`, { skip }, async (t) => {
    const { addresses } = await spawnCarillon(t, { ...await open(t) })
    const { connect, control, countRemoved, delivery, inbox, look, notify, site, urlOf } = peopleOf(addresses)

    await t.test('can be connected by sign-in and by pasting', async (t) => {
      const { data } = await site.api<{ data: Array<{ provider: string, kinds: string[] }> }>('GET', '/v1/connectors', { token: await site.mintToken('zoe') })
      t.match(data.find((connector) => connector.provider === provider), { kinds: ['redirect', 'paste'], addressField: { label: 'Webhook URL' }, accounts: 'many' })
    })

    await t.test('a user denies access', async (t) => {
      const handshake = await openHandshake(site, 'zoe', { provider, kind: 'redirect' })
      t.match((await walkRedirect(handshake.startUrl, { account: 'zoe', answer: 'deny' })).text, /Reason: denied/)
      t.match(await handshake.look(), { status: 'failed', error: 'denied', connectionId: null })
    })

    await t.test('a user pastes URLs that do not work, and then one that does', async (t) => {
      const handshake = await openHandshake(site, 'yan', { provider, kind: 'paste' })
      const browser = createBrowser()
      let page = await browser.get(handshake.startUrl)
      for (const [address, reason] of [
        ['https://evil.example/api/webhooks/1/a', /The address is not a URL of Discord/],
        ['https://discord.com/channels/1/2', /The address is not complete/],
        [(await urlOf('yan')).replace(/.$/, (end) => end === 'A' ? 'B' : 'A'), /The address belongs to no webhook/]
      ] as const) {
        page = await browser.submit(page, { address })
        t.match(page, { status: 422, text: reason })
      }
      await browser.follow(await browser.submit(page, { address: await urlOf('yan') }))
      t.match(await handshake.look(), { status: 'completed', error: null })
    })

    for (const [index, way] of waysIn.filter((way) => ['redirect', 'paste'].includes(way.kind)).entries()) {
      const isOwn = way.kind === 'redirect'
      await t.test(`a user who connects ${way.name} gets messages, loses the channel, connects it again and leaves`, async (t) => {
        const user = `ann-${index}`
        const id = await connect(user, user, way)
        await until(async () => (await inbox(user)).length === 1, { what: 'the welcome' })
        t.match(await look(id), { status: 'active', account: { name: /^(Carillon|Captain Hook) \(channel …\d{4}\)$/ } })
        t.equal((await delivery(await notify(user, 'first'), id, 'sent')).attempts, 1)
        const first = (await inbox(user)).filter(({ item }) => item.title === 'first')
        t.match(first, [{ item: { mentionsEveryone: false } }])

        await control('POST', '/tokens/revoke', { provider, account: user })
        t.match(await delivery(await notify(user, 'missed'), id, 'failed'), { attempts: 1, history: [{}, { outcome: 'gone' }] })
        t.match(await look(id), { status: 'revoked', statusReason: /no longer takes messages \(10015\)/ })
        t.match(await site.api('GET', `/v1/notifications/${await notify(user, 'late')}`), { unreachable: [{ userId: user, reason: 'notConnected' }] })
        t.equal(await connect(user, user, way), id, 'coming back keeps the id')
        await delivery(await notify(user, 'again'), id, 'sent')

        const removed = await countRemoved()
        await site.api('DELETE', `/v1/connections/${id}`)
        const { revocation } = await until(async () => {
          const connection = await look(id)
          return connection.revocation?.state === 'done' ? connection : undefined
        }, { what: 'the revocation' })
        t.match(revocation, { attempts: 1, reason: null })
        t.equal(await countRemoved() - removed, isOwn ? 1 : 0, isOwn ? 'our webhook is removed' : 'the webhook of the user stays')
      })
    }

    await t.test('connecting a channel again replaces the webhook, and never ends the new one', async (t) => {
      const removed = await countRemoved()
      const id = await connect('bob', 'bob')
      for (let round = 1; round <= 2; round++) {
        t.equal(await connect('bob', 'bob'), id)
        await until(async () => await countRemoved() - removed === round, { what: 'the end of the old webhook' })
        await delivery(await notify('bob', `round ${round}`), id, 'sent')
      }
      t.equal(await countCalls('POST /discord/api/oauth2/token/revoke'), 0, 'which would end all tokens of the user')

      const url = await urlOf('cem')
      const pasted = await connect('cem', url, paste)
      t.equal(await connect('cem', url, paste), pasted)
      t.equal(await connect('dia', url, paste) === pasted, false, 'another user may use the same webhook')
      await site.api('DELETE', `/v1/connections/${pasted}`)
      await until(async () => (await look(pasted)).revocation?.state === 'done', { what: 'the revocation' })
      t.equal(await countRemoved() - removed, 2)
      await until(async () => (await inbox('cem')).length >= 2, { what: 'both welcomes' })
      const before = (await inbox('cem')).length
      await notify('dia', 'still there')
      await until(async () => (await inbox('cem')).length === before + 1, { what: 'the message of the other user' })
    })

    await t.test('a user who removes the application loses their channels, and others keep theirs', async (t) => {
      const first = await connect('eve', 'eve')
      const second = await connect('eve', 'eve', redirect, 'alerts')
      const pasted = await connect('eve', await urlOf('eve-pasted'), paste)
      const other = await connect('fay', 'fay')
      // The sign-ins and the removal must not fall into the same second.
      await control('POST', '/clock', { advanceSeconds: 5 })
      await control('POST', '/discord/remove-app', { account: 'eve' })
      for (const id of [first, second]) {
        await until(async () => (await look(id)).status === 'revoked', { what: 'the end of the connection' })
        t.match(await look(id), { statusReason: 'removed at the provider' })
      }
      for (const id of [pasted, other]) t.match(await look(id), { status: 'active' })
      t.equal(await connect('eve', 'eve'), first, 'signing in again keeps the id')
      await delivery(await notify('eve', 'back'), first, 'sent')
    })

    await t.test('refuses events that Discord did not sign', async (t) => {
      const { data } = await control<{ data: object[] }>('POST', '/discord/app', { eventsUrl: `${addresses.apiUrl}/inbound/discord` })
      t.match(data.slice(-2), [{ content: { type: 0 }, status: 204, body: '' }, { content: { type: 0 }, status: 401 }])
    })

    async function countCalls (endpoint: string): Promise<number> {
      const { data } = await control<{ data: Array<{ endpoint: string, requests: number }> }>('GET', '/stats')
      return data.find((each) => each.endpoint === endpoint)?.requests ?? 0
    }
  })
}

const [first] = all
t.test('sends direct messages, and loses none while the bot token is wrong', async (t) => {
  if (first === undefined) throw new Error('PostgreSQL is always there')
  const { addresses } = await spawnCarillon(t, { ...await first.open(t), SANDBOX_DISCORD_SCOPE: 'identify' })
  const { connect, control, delivery, inbox, look, notify, site, urlOf } = peopleOf(addresses)
  const users = Array.from({ length: 20 }, (_, index) => `person-${index}`)
  const ids = new Map<string, string>()
  for (const user of users) ids.set(user, await connect(user, user))
  const channel = await connect('channel', await urlOf('channel'), paste)
  t.match(await look(ids.get('person-0') ?? ''), { status: 'active', account: { name: 'person-0' } })

  await control('POST', '/discord/app', { botToken: 'another' })
  const id = await site.notify(users, 'held')
  const paused = async () => (await site.api<{ data: Array<{ provider: string, breakers: object[] }> }>('GET', '/v1/providers')).data
    .find((each) => each.provider === provider)?.breakers
  await until(async () => JSON.stringify(await paused()).includes('DISCORD_BOT_TOKEN'), { what: 'the pause' })
  t.match(await site.api('GET', `/v1/notifications/${id}`), { counts: { sent: 0, failed: 0, parked: 0 } })
  for (const connectionId of ids.values()) t.match(await look(connectionId), { status: 'active' }, 'no connection is blamed')
  await delivery(await notify('channel', 'not held'), channel, 'sent')

  await control('POST', '/discord/app', { botToken: 'sandbox-bot-token' })
  for (const [user, connectionId] of ids) {
    t.equal((await delivery(id, connectionId, 'sent')).attempts, 1)
    t.equal((await inbox(user)).filter(({ item }) => item.title === 'held').length, 1)
  }

  await control('POST', '/discord/members', { account: 'person-1', dms: 'blocked' })
  const blocked = ids.get('person-1') ?? ''
  await delivery(await notify('person-1', 'blocked'), blocked, 'failed')
  t.match(await look(blocked), { status: 'revoked', statusReason: /must share a server with it and allow direct messages/ })
  await control('POST', '/clock', { advanceSeconds: 5 })
  await control('POST', '/discord/remove-app', { account: 'person-2' })
  await until(async () => (await look(ids.get('person-2') ?? '')).status === 'revoked', { what: 'the end of the connection' })
})

/** What users do at Discord and at the site. */
function peopleOf (addresses: Addresses) {
  const site = createSite(addresses)
  const { control } = site
  return { connect, control, countRemoved, delivery: site.delivery, inbox, look, notify, site, urlOf }

  /** Connects an account, or the webhook of an URL. */
  async function connect (user: string, account: string, way: WayIn = redirect, channel?: string): Promise<string> {
    const handshake = await openHandshake(site, user, { provider, kind: way.kind })
    if (channel === undefined) {
      const address = way.kind === 'paste' && !account.startsWith('http') ? await urlOf(account) : account
      await way.walk(site, handshake, { account, address, answer: 'allow' })
    } else await chooseChannel(handshake.startUrl, account, channel)
    const { status, error, connectionId } = await handshake.look()
    if (status !== 'completed') throw new Error(`${user}: ${status}, ${error}`)
    return connectionId ?? ''
  }

  /** The consent page has a field for the channel. */
  async function chooseChannel (startUrl: string, account: string, channel: string): Promise<void> {
    const browser = createBrowser()
    const consent = await browser.follow(await browser.submit(await browser.get(startUrl)))
    await browser.follow(await browser.submit(consent, { account, channel, decision: 'allow' }))
  }

  async function urlOf (account: string): Promise<string> {
    return (await control<{ url: string }>('POST', '/discord/webhooks', { account })).url
  }

  async function inbox (account: string) {
    return await site.inbox(account, provider)
  }

  async function look (id: string): Promise<ConnectionResponse> {
    return await site.api('GET', `/v1/connections/${id}`)
  }

  async function notify (user: string, title: string): Promise<string> {
    return await site.notify([user], title)
  }

  /** How many webhooks Carillon has removed. */
  async function countRemoved (): Promise<number> {
    const { data } = await control<{ data: Array<{ endpoint: string, answers: Record<string, number> }> }>('GET', '/stats')
    return data.find(({ endpoint }) => endpoint === 'DELETE /discord/api/v10/webhooks/:webhookId/:webhookToken')?.answers['204'] ?? 0
  }
}
