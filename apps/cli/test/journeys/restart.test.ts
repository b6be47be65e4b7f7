import { freePort } from '@carillon/local'
import { loadConfig } from '@carillon/shared/config'
import { createProviders } from '@carillon/shared/providers'
import { createSite, dataFolder, openHandshake, sandboxEnvironment, testDatabase, until, waysIn } from '@carillon/testing'
import type { Addresses } from '@carillon/testing'
import t from 'tap'
import { allDefinitions } from '../../../../packages/shared/test/providers/conformance/all-definitions.ts'
import { readTraits } from '../../../../packages/shared/test/providers/conformance/read-traits.ts'
import { spawnCarillon } from '../spawn-carillon.ts'

interface Connector {
  provider: string
  kinds: string[]
  needsAccount: boolean
}

interface Connected {
  provider: string
  user: string
  account: string
  connectionId: string
}

const pull = '/v1/teams/crew/pulls/facebook/insights'

t.test('simulated accounts of every provider survive kill -9 of all processes', async (t) => {
  const ports = await Promise.all(['PORT', 'SANDBOX_PORT', ...allDefinitions.flatMap(({ simulatorPort }) => simulatorPort ?? [])]
    .map(async (name) => [name, String(await freePort())] as const))
  const env = { CARILLON_DATA_DIR: await dataFolder(t), DATABASE_URL: (await testDatabase(t)).url, ...Object.fromEntries(ports) }
  const first = await spawnCarillon(t, env)
  const { connectors, connect } = await openUsers(first.addresses)
  t.same(connectors.map(({ provider }) => provider), allDefinitions.map(({ id }) => id), 'all providers are offered')
  const connected = await Promise.all(connectors.map(connect))
  await first.carillon.kill()

  const { addresses } = await spawnCarillon(t, env)
  t.same({ ...addresses, pid: 0 }, { ...first.addresses, pid: 0 }, 'everything has the address of before')
  const { api, control, delivery, inbox, mintToken, notify } = createSite(addresses)
  const config = loadConfig(await sandboxEnvironment(addresses.sandboxUrl), [], allDefinitions)
  const providers = createProviders(config, allDefinitions)
  t.jobs = connected.length
  await Promise.all(connected.map(({ provider, user, account, connectionId }) => t.test(provider, async (t) => {
    if (provider === 'facebook') {
      const token = await mintToken(user)
      const succeededAt = async () => (await api<{ pull: { succeededAt: string } | null }>('GET', pull, { token })).pull?.succeededAt
      const before = await succeededAt()
      await api('POST', `${pull}/refresh`, { token })
      t.ok(await until(async () => await succeededAt() !== before, { what: 'a pull' }), 'its data is read')
      return
    }
    await delivery(await notify([user], 'A message #earlier'), connectionId, 'sent')
    t.equal(await countReceived('earlier'), 1, 'a notification arrives')

    if (providers.get(provider)?.refresh === undefined || (await readTraits(provider)).neverExpires === true) return
    await control('POST', '/tokens/expire', { provider, account })
    await delivery(await notify([user], 'A message #later'), connectionId, 'sent')
    t.equal(await countReceived('later'), 1, 'an expired token is refreshed')

    /** A welcome message that arrives late has neither word. */
    async function countReceived (word: string): Promise<number> {
      const seen = (await inbox(account, provider)).filter(({ item }) => item.type !== 'tags')
      return seen.filter(({ item }) => JSON.stringify(item).includes(word)).length
    }
  })))
})

/** Users who connect an account each, by the first way in to its provider. */
async function openUsers (addresses: Addresses) {
  const site = createSite(addresses)
  const { data: connectors } = await site.api<{ data: Connector[] }>('GET', '/v1/connectors', { token: await site.mintToken('user') })

  return {
    connectors,
    connect: async ({ provider, kinds, needsAccount }: Connector): Promise<Connected> => {
      const url = addresses[`${provider}Url`] ?? `${addresses.sandboxUrl}/${provider}`
      const user = `user-of-${provider}`
      const { journey: { addressOf } } = await readTraits(provider)
      const address = await addressOf?.(user, url, (path, body) => site.control('POST', path, body)) ?? user
      // The simulator knows a mailbox by its address.
      const account = needsAccount ? `${user}@${new URL(url).host}` : provider === 'email' ? address : user
      const way = waysIn.find(({ kind }) => kinds.includes(kind))
      if (way === undefined) throw new Error(`there is no way in to ${provider}`)
      const isTeams = provider === 'facebook'
      if (isTeams) await site.api('PUT', '/v1/teams/crew', { body: { name: 'The crew', ownerId: user, memberIds: [] } })
      const handshake = await openHandshake(site, user, {
        provider, kind: way.kind, ...needsAccount && { account }, ...isTeams && { teamId: 'crew' }
      })
      await way.walk(site, handshake, { account, address, answer: 'allow' })
      const { status, error, connectionId } = await handshake.look()
      if (status !== 'completed') throw new Error(`${provider}: the handshake is ${status} (${error})`)
      return { provider, user, account, connectionId: connectionId ?? '' }
    }
  }
}
