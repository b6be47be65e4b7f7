import t from 'tap'
import { openTestApi, textAt } from '../open-api.ts'
import { openWalkOf } from './open-walks.ts'

const api = await openTestApi(t, { offer: ['mastodon'] })
const provider = api.services.providers.get('mastodon')
const host = new URL(provider?.origins[0] ?? '').host

async function connect (user: string, account = user): Promise<string> {
  const walk = await openWalkOf(api, user, { provider: 'mastodon', account: `@${account}@${host}` })
  await walk.browser.follow(await walk.browser.get(await walk.toCallback(account)))
  return textAt(await walk.look(), 'connectionId')
}

async function revocations (): Promise<number> {
  const [{ count } = { count: 0 }] = await api.database.sql<Array<{ count: number }>>`select count(*)::int as count from revocations`
  return count
}

t.test('does not revoke the token of a reconnect that got the same token again', async (t) => {
  const id = await connect('rita')
  t.equal(await connect('rita'), id)
  t.equal(await revocations(), 0)
})

t.test('revokes the old token of a reconnect that got another one', async (t) => {
  await api.control('POST', '/quirks', { provider: 'mastodon', quirk: 'pleroma', on: true })
  const before = await revocations()
  const id = await connect('paul')
  t.equal(await connect('paul'), id)
  t.equal(await revocations() - before, 1)
  await api.control('POST', '/quirks', { provider: 'mastodon', quirk: 'pleroma', on: false })
})

t.test('revokes a token that two users share with the last of their connections', async (t) => {
  const before = await revocations()
  const [first, second] = [await connect('uma', 'common'), await connect('vera', 'common')]
  t.not(first, second)
  const disconnect = async (user: string, id: string) =>
    t.equal((await api.ask('DELETE', `/v1/connections/${id}`, { token: await api.makeUser(user) })).status, 204)
  await disconnect('uma', first)
  t.equal(await revocations() - before, 0, 'the other user still needs it')
  await disconnect('vera', second)
  t.equal(await revocations() - before, 1)
})

t.test('does not ask to confirm the account of a user who named only their server', async (t) => {
  const walk = await openWalkOf(api, 'hope', { provider: 'mastodon', account: host })
  await walk.browser.follow(await walk.browser.get(await walk.toCallback('hope')))
  t.match(await walk.look(), { status: 'completed' })
  const other = await openWalkOf(api, 'nell', { provider: 'mastodon', account: `nell@${host}` })
  const page = await other.browser.get(await other.toCallback('bob'))
  t.match(page.location, '/connect/mastodon/account?', 'another account than the named one is asked about')
})
