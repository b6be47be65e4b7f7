import { isInUse } from '@carillon/shared/grants'
import t from 'tap'
import { openTestApi } from '../open-api.ts'

const api = await openTestApi(t, { offer: ['slack', 'mastodon'] })
const key = await api.makeKey()
const { sql } = api.database

/** Imports one person of a workspace, as a response of Slack's token endpoint describes them. */
function slackItem (user: string, workspace: string, token: string, changes: object = {}) {
  const credentials = { accessToken: `access-${token}`, refreshToken: `refresh-${token}`, appId: 'A1', userId: `U${user}`, channelId: `D${user}` }
  return { userId: user, provider: 'slack', credentials, account: { id: `${workspace}/U${user}`, name: 'Acme' }, ...changes }
}

async function importAll (...connections: object[]) {
  const { status, body } = await api.ask('POST', '/v1/connections/import', { token: key, body: { connections } })
  t.match([status, Object(body).failed], [200, 0])
  return Object(body).data.map(({ connectionId }: { connectionId: string }) => connectionId) as string[]
}

const grantsOf = async (provider: string) => [...await sql<Array<{ key: string | null, version: number, credentials: string, people: number }>>`
  select grants.key, version, credentials, count(*)::int as people from grants join connections on grant_id = grants.id
  where grants.provider = ${provider} and connections.status <> 'revoked' group by grants.id order by grants.key`]

t.test('imports of one workspace share its grant', async (t) => {
  const ids = await importAll(slackItem('1', 'T1', 'one'), slackItem('2', 'T1', 'one'), slackItem('3', 'T2', 'other'))
  t.match(await grantsOf('slack'), [{ key: 'A1/T1', people: 2 }, { key: 'A1/T2', people: 1 }])
  t.match(await sql`select distinct target is not null as has_target from connections where provider = 'slack'`, [{ has_target: true }])

  t.equal((await api.ask('DELETE', `/v1/connections/${ids[0]}`, { token: key })).status, 204)
  t.same(await sql`select from revocations`, [], 'the other person still uses the token')
  t.ok(await isInUse(api.database, { provider: 'slack', accountId: 'A1/T1' }, 'account'))
  t.equal((await api.ask('DELETE', `/v1/connections/${ids[1]}`, { token: key })).status, 204)
  t.match(await sql`select account_id from revocations`, [{ account_id: 'A1/T1' }])
})

t.test('an import does not replace working credentials, unless they expire later', async (t) => {
  const tomorrow = { expiresAt: new Date(Date.now() + 86_400_000).toISOString() }
  const later = { expiresAt: new Date(Date.now() + 2 * 86_400_000).toISOString() }
  await importAll(slackItem('4', 'T4', 'newest', tomorrow), slackItem('5', 'T4', 'older'))
  const first = (await grantsOf('slack')).find((grant) => grant.key === 'A1/T4')
  await importAll(slackItem('6', 'T4', 'older'), slackItem('7', 'T4', 'as-old', tomorrow))
  const second = (await grantsOf('slack')).find((grant) => grant.key === 'A1/T4')
  t.same([second?.credentials, second?.version, second?.people], [first?.credentials, first?.version, 4])
  await importAll(slackItem('8', 'T4', 'latest', later))
  const third = (await grantsOf('slack')).find((grant) => grant.key === 'A1/T4')
  t.not(third?.credentials, first?.credentials)
})

t.test('imports of one Mastodon token share it, and Slack tokens without an app do not', async (t) => {
  const credentials = { accessToken: 'token', clientId: 'c', clientSecret: 's', account: 'ann@social.example' }
  const account = { id: 'ann@social.example', name: 'ann@social.example' }
  await importAll(...['ann', 'team-of-ann'].map((userId) => ({ userId, provider: 'mastodon', credentials, account })))
  t.match(await grantsOf('mastodon'), [{ key: /^[\w-]{43}$/, people: 2 }])
  const { appId, ...rest } = slackItem('9', 'T9', 'own').credentials
  t.equal(appId, 'A1')
  await importAll(slackItem('9', 'T9', 'own', { credentials: rest }))
  t.match((await grantsOf('slack')).at(-1), { key: null, people: 1 })
})
