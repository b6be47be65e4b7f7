import { parseId } from '@carillon/shared/db'
import { findHandshake } from '@carillon/shared/handshakes'
import t from 'tap'
import { storeOrHoldGrant } from '../../../src/handshakes/finish/store-grant.ts'
import { openTestApi, textAt } from '../../open-api.ts'

const api = await openTestApi(t, { offer: ['blotre'] })
const grant = { credentials: { accessToken: 'access', refreshToken: 'refresh' }, account: { id: 'account-1', name: 'Ada' } }

t.test('revokes a grant that cannot be stored, because no request has the claim on its handshake', async (t) => {
  const { body } = await api.ask('POST', '/v1/handshakes', { token: await api.makeUser('ada'), body: { provider: 'blotre' } })
  const handshake = await findHandshake(api.database, parseId('handshake', textAt(body, 'id')) ?? '', Date.now())
  const provider = api.services.providers.get('blotre')
  if (handshake === undefined || provider === undefined) throw new Error('there is no handshake or provider')
  await t.rejects(storeOrHoldGrant(api.services, provider, handshake, grant, true), { name: 'HandshakeFailure', reason: 'alreadyUsed' })
  t.match(await api.database.sql`select provider, account_id, state from revocations`, [
    { provider: 'blotre', account_id: 'account-1', state: 'pending' }
  ])
  t.same(await api.database.sql`select id from connections`, [])
})
