import { confirmHandshake, createHandshake, findHandshake, sealPendingAuthorization } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { newId } from '@carillon/shared/db'
import type { Grant, Provider } from '@carillon/shared/providers'
import { findTeam, putTeam } from '@carillon/shared/teams'
import { deleteUser } from '@carillon/shared/user-data'
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

type Obtain = () => Promise<Grant>

/** The grant of a provider, which responds just after `change`. */
function obtainAfter (account: string, change: () => Promise<unknown>): Obtain {
  return async () => {
    await change()
    return { credentials: { accessToken: 'access', refreshToken: 'refresh' }, account: { id: account, name: 'Ann' } }
  }
}

const kinds: Record<string, (handshake: Handshake, provider: Provider, obtain: Obtain) => Promise<unknown>> = {
  redirect: async ({ id }, provider, obtain) => {
    await confirmHandshake(database, { id, browser: 'secret' }, now())
    const handshake = await findHandshake(database, id, now())
    return await receiveCallback(services, provider, {
      namesHandshake: true,
      begin: async () => undefined,
      match: async () => handshake === undefined ? 'unknownState' : { handshake },
      obtain
    }, { query: {}, browser: { of: () => 'secret', all: ['secret'] } })
  },
  verifier: (handshake, provider) => submitVerifier(services, provider, handshake, 'verifier'),
  code: (handshake, provider) => redeemCode(services, provider, handshake)
}

async function run (kind: string, obtain: Obtain, owner: { userId: string, teamId?: string | undefined }): Promise<string> {
  const id = newId()
  await createHandshake(database, {
    id,
    ...owner,
    provider: 'blotre',
    kind: kind as 'redirect' | 'verifier' | 'code',
    pending: sealPendingAuthorization(vault, id, { pending: {} }),
    returnTo: undefined
  }, now())
  const handshake = await findHandshake(database, id, now())
  if (handshake === undefined || blotre === undefined) throw new Error('the handshake exists')
  await kinds[kind]?.(handshake, {
    ...blotre,
    handshakes: {
      ...blotre.handshakes,
      verifier: { callbackParameters: { token: 'token', verifier: 'verifier' }, begin: async () => { throw new Error('begun') }, complete: obtain },
      oneTimeCode: { begin: async () => { throw new Error('begun') }, complete: obtain }
    }
  }, obtain)
  return id
}

for (const kind of Object.keys(kinds)) {
  const revocationsOf = (account: string) => database.sql`select provider, state from revocations where account_id = ${account}`

  t.test(`revokes the grant of a ${kind} handshake when the team gets another owner before the grant is stored`, async (t) => {
    const { externalId, name } = { externalId: kind, name: kind }
    await putTeam(database, { externalId, name, ownerId: 'ann', memberIds: [] })
    const team = await findTeam(database, kind)
    const change = () => putTeam(database, { externalId, name, ownerId: 'bea', memberIds: ['ann'] })
    const id = await run(kind, obtainAfter(`account of ${kind}`, change), { userId, teamId: team?.id })
    t.match(await findHandshake(database, id, now()), { status: 'failed', error: 'notOwner' })
    t.match(await revocationsOf(`account of ${kind}`), [{ provider: 'blotre', state: 'pending' }])
    t.same(await database.sql`select id from connections`, [])
  })

  t.test(`revokes the grant of a ${kind} handshake when the user is deleted before the grant is stored`, async (t) => {
    const user = await ensureUser(database, { externalId: `user of ${kind}` })
    const deletion = { database, vault, canRevoke: () => true, actor: { kind: 'system' as const } }
    const change = () => deleteUser(deletion, user.externalId, now())
    const id = await run(kind, obtainAfter(`private account of ${kind}`, change), { userId: user.id })
    const handshake = await findHandshake(database, id, now())
    // The deletion has erased the row, if no request had claimed it.
    t.equal(handshake?.error ?? 'tokensRevoked', 'tokensRevoked')
    t.match(await revocationsOf(`private account of ${kind}`), [{ provider: 'blotre', state: 'pending' }])
    t.same(await database.sql`select id from connections`, [])
  })
}
