import { confirmHandshake, createHandshake, findHandshake, findHandshakeByState } from '@carillon/shared/handshakes'
import { ensureUser } from '@carillon/shared/users'
import t from 'tap'
import type { RedirectFlow } from '../../../src/handshakes/redirect/redirect-flow.ts'
import { receiveCallback } from '../../../src/handshakes/redirect/receive-callback.ts'
import { openTestApi } from '../../open-api.ts'

const { services } = await openTestApi(t)
const { database, providers, now } = services
const provider = providers.get('pushbullet')
if (provider === undefined) throw new Error('Pushbullet is not offered')

const cookie = 'secret of the browser'
const browser = { of: () => cookie, all: [cookie] }
const { id: userId } = await ensureUser(database, { externalId: 'ann' })

async function confirm (id: string): Promise<string> {
  return await confirmHandshake(database, { id, browser: cookie, proof: { cookie } }, now()) ?? ''
}

t.test('refuses a callback whose handshake the user confirms again in the meantime', async (t) => {
  const id = await createHandshake(database, { userId, provider: 'pushbullet', returnTo: undefined }, now())
  const state = await confirm(id)
  const flow: RedirectFlow = {
    namesHandshake: true,
    begin: async () => undefined,
    match: async () => {
      const handshake = await findHandshakeByState(database, state, now())
      if (handshake === undefined) return 'unknownState'
      await confirm(id)
      return { handshake }
    },
    obtain: async () => { throw new Error('The provider must not be called') }
  }
  t.same(await receiveCallback(services, provider, flow, { query: {}, browser }), { kind: 'refused', reason: 'unknownState' })
  t.match(await findHandshake(database, id, now()), { status: 'pending', claimed: false })
})
