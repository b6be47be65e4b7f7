import { existsSync } from 'node:fs'
import { loadConfig } from '@carillon/shared/config'
import { openDatabase } from '@carillon/shared/db'
import { createProviders } from '@carillon/shared/providers'
import type { ProviderDefinition } from '@carillon/shared/providers'
import { createSite, openHandshake, sandboxEnvironment, waysIn } from '@carillon/testing'
import type { Addresses } from '@carillon/testing'
import type { Test } from 'tap'
import type { Traits } from '../../../../packages/shared/test/providers/conformance/traits.ts'
import { decline, live } from './journey.ts'
import type { Journey } from './journey.ts'

interface Connector {
  provider: string
  kinds: string[]
  needsAccount: boolean
}

export interface JourneysOptions {
  /** Where the processes are that offer the providers. */
  addresses: Addresses
  databaseUrl: string
  /** All providers that the processes know. */
  definitions: readonly ProviderDefinition[]
  readTraits: (id: string) => Promise<Traits>
  /** The providers whose journeys are made. All when absent. */
  only?: readonly string[]
}

/** Makes every journey: each way in to each provider, as users who deny access and as users who allow it. */
export async function providerJourneys (t: Test, options: JourneysOptions): Promise<void> {
  const { addresses, databaseUrl, definitions, readTraits, only = definitions.map(({ id }) => id) } = options
  const site = createSite(addresses)
  const database = openDatabase({ url: databaseUrl, max: 1 })
  t.teardown(() => database.close())
  const providers = createProviders(loadConfig(await sandboxEnvironment(addresses.sandboxUrl), [], definitions), definitions)
  const { data: connectors } = await site.api<{ data: Connector[] }>('GET', '/v1/connectors', { token: await site.mintToken('nobody') })
  t.same(connectors.map(({ provider }) => provider), definitions.map(({ id }) => id), 'all providers are offered')

  const journeys: Journey[] = []
  for (const { provider: id, kinds, needsAccount } of connectors.filter(({ provider }) => only.includes(provider))) {
    const provider = providers.get(id)
    const traits = await readTraits(id)
    const { ownTest } = traits.journey
    if (provider === undefined) throw new Error(`the sandbox does not configure ${id}`)
    if (ownTest !== undefined) {
      t.ok(existsSync(new URL(`../../../../${ownTest}`, import.meta.url)), `${id} has a journey of its own`)
      continue
    }
    const ways = waysIn.filter((way) => kinds.includes(way.kind))
    t.same([...new Set(ways.map((way) => way.kind))].sort(), [...kinds].sort(), `every way in to ${id} is walked`)
    const url = addresses[`${id}Url`] ?? `${addresses.sandboxUrl}/${id}`
    const host = new URL(url).host
    journeys.push(...ways.map((way, index) => {
      const user = `${id}-${index}`
      const accountOf = (name: string) => needsAccount ? `${name}@${host}` : name
      const input = { provider: id, kind: way.kind }
      const begin = (account: string) => openHandshake(site, user, needsAccount ? { ...input, account } : input)
      return { site, database, provider, way, user, accountOf, url, begin, traits }
    }))
  }

  for (const journey of journeys) {
    const { provider, way } = journey
    await t.test(`a user does not allow ${provider.name} ${way.name}`, (t) => decline(t, journey))
  }
  // Much of it is waiting for the worker's next round. What is counted is counted by provider, and the clock is left alone.
  const walked = [...new Set(journeys.map(({ provider }) => provider))]
  t.jobs = walked.length
  await Promise.all(walked.map((provider) => t.test(`with ${provider.name}`, async (t) => {
    for (const journey of journeys.filter((each) => each.provider === provider)) {
      await t.test(`a user who connects ${journey.way.name} gets messages, loses the access, reconnects, moves and leaves`, (t) => live(t, journey))
    }
  })))
}
