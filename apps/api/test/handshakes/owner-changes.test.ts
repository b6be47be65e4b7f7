import { confirmHandshake, createHandshake, findHandshake, sealPendingAuthorization } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { newId } from '@carillon/shared/db'
import type { Grant, Provider } from '@carillon/shared/providers'
import { findTeam, putTeam } from '@carillon/shared/teams'
import { ensureUser } from '@carillon/shared/users'
import t from 'tap'
import { redeemCode } from '../../src/handshakes/redeem-code.ts'
import { receiveCallback } from '../../src/handshakes/redirect/receive-callback.ts'
import { submitVerifier } from '../../src/handshakes/submit-verifier.ts'
import { openTestApi } from '../open-api.ts'

const { services } = await openTestApi(t, { offer: ['blotre'] })
const { database, vault, now } = services
const blotre = services.providers.get('blotre')
if (blotre === undefined) throw new Error("Blot're is not offered")

const { id: userId } = await ensureUser(database, { externalId: 'ann' })

/** The grant of a provider, which responds just before the team gets another owner. */
async function obtain (team: string): Promise<Grant> {
  await putTeam(database, { externalId: team, name: team, ownerId: 'bea', memberIds: ['ann'] })
  return { credentials: { accessToken: 'access', refreshToken: 'refresh' }, account: { id: `account of ${team}`, name: 'Ann' } }
}

const kinds: Record<string, (handshake: Handshake, provider: Provider) => Promise<unknown>> = {
  redirect: async ({ id }, provider) => {
    await confirmHandshake(database, { id, browser: 'secret' }, now())
    const handshake = await findHandshake(database, id, now())
    return await receiveCallback(services, provider, {
      namesHandshake: true,
      begin: async () => undefined,
      match: async () => handshake === undefined ? 'unknownState' : { handshake },
      obtain: () => obtain('redirect')
    }, { query: {}, browser: { of: () => 'secret', all: ['secret'] } })
  },
  verifier: (handshake, provider) => submitVerifier(services, provider, handshake, 'verifier'),
  code: (handshake, provider) => redeemCode(services, provider, handshake)
}

for (const [kind, complete] of Object.entries(kinds)) {
  t.test(`revokes the grant of a ${kind} handshake when the team gets another owner before the grant is stored`, async (t) => {
    await putTeam(database, { externalId: kind, name: kind, ownerId: 'ann', memberIds: [] })
    const team = await findTeam(database, kind)
    const id = newId()
    await createHandshake(database, {
      id,
      userId,
      teamId: team?.id,
      provider: 'blotre',
      kind: kind as 'redirect' | 'verifier' | 'code',
      pending: sealPendingAuthorization(vault, id, { pending: {} }),
      returnTo: undefined
    }, now())
    const handshake = await findHandshake(database, id, now())
    if (handshake === undefined) return t.fail('the handshake exists')
    await complete(handshake, {
      ...blotre,
      handshakes: {
        ...blotre.handshakes,
        verifier: { callbackParameters: { token: 'token', verifier: 'verifier' }, begin: async () => { throw new Error('begun') }, complete: () => obtain('verifier') },
        oneTimeCode: { begin: async () => { throw new Error('begun') }, complete: () => obtain('code') }
      }
    })
    t.match(await findHandshake(database, id, now()), { status: 'failed', error: 'notOwner' })
    t.match(await database.sql`select provider, state from revocations where account_id = ${`account of ${kind}`}`, [
      { provider: 'blotre', state: 'pending' }
    ])
    t.same(await database.sql`select id from connections`, [])
  })
}
