import { openDatabase } from '@carillon/shared/db'
import { backends, createSite, openHandshake, waysIn } from '@carillon/testing'
import t from 'tap'
import { decline, live } from './provider-journey.ts'
import type { JourneyTraits } from './provider-journey.ts'
import { spawnCarillon } from './spawn-carillon.ts'

// All processes twice, and some dozens of handshakes that are each walked to their end.
t.setTimeout(300_000)

interface Connector {
  provider: string
  holder: 'user' | 'team'
  kinds: string[]
  needsAccount: boolean
}

const providers: Record<string, JourneyTraits> = {
  pushbullet: {},
  pumpio: { hidesDenial: true },
  blotre: { revokesAt: 'POST /blotre/v0/oauth2/revoke' }
}

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}`, { skip }, async (t) => {
    const env = await open(t)
    const { addresses } = await spawnCarillon(t, { ...env })
    const site = createSite(addresses)
    const database = openDatabase({ url: env.DATABASE_URL, max: 1 })
    t.teardown(() => database.close())
    const token = await site.mintToken('nobody')
    const { data: all } = await site.api<{ data: Connector[] }>('GET', '/v1/connectors', { token })
    const data = all.filter(({ holder }) => holder === 'user')
    t.same(data.map(({ provider }) => provider), Object.keys(providers))
    t.match(all.filter(({ holder }) => holder === 'team'), [{ provider: 'facebook' }], 'whose journey is one of a team')
    const host = new URL(addresses.pumpioUrl ?? '').host

    const journeys = data.flatMap(({ provider, kinds, needsAccount }) => {
      const ways = waysIn.filter((way) => kinds.includes(way.kind))
      t.same([...new Set(ways.map((way) => way.kind))].sort(), [...kinds].sort(), `every way in to ${provider} is walked`)
      return ways.map((way, index) => {
        const user = `${provider}-${index}`
        const accountOf = (name: string) => needsAccount ? `${name}@${host}` : name
        const input = { provider, kind: way.kind }
        const begin = (account: string) => openHandshake(site, user, needsAccount ? { ...input, account } : input)
        return { site, database, provider, way, user, accountOf, begin, traits: providers[provider] ?? {} }
      })
    })

    for (const journey of journeys) {
      const { provider, way } = journey
      await t.test(`a user does not allow ${provider} ${way.name}`, (t) => decline(t, journey))
    }
    // Much of it is waiting for the worker's next round. What is counted is counted by provider, and the clock is left alone.
    t.jobs = data.length
    await Promise.all(data.map(({ provider }) => t.test(`with ${provider}`, async (t) => {
      for (const journey of journeys.filter((each) => each.provider === provider)) {
        await t.test(`a user who connects ${journey.way.name} is rung, missed, rung again, moves and leaves`, (t) => live(t, journey))
      }
    })))
  })
}
