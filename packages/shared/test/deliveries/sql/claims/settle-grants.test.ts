import { findConnection, listEvents } from '../../../../src/connections/index.ts'
import { ProviderError } from '../../../../src/providers/index.ts'
import type { Failure } from '@carillon/http'
import t from 'tap'
import { claim } from '../../../../src/deliveries/sql/claims/claim.ts'
import { errorOutcome } from '../../../../src/deliveries/outcome.ts'
import { settle } from '../../../../src/deliveries/sql/claims/settle.ts'
import { openRows } from '../../open-rows.ts'

const { database, insertConnection, insertNotification, insertDelivery } = await openRows(t)
const { sql } = database

/** Connections that share a grant, or that have one each, with a claimed delivery each. */
async function openClaim (count: number, isShared: boolean) {
  const ids = await Promise.all(Array.from({ length: count }, () => insertConnection({ provider: 'pushbullet' })))
  if (isShared) {
    await sql`update grants set key = ${ids[0] ?? ''} where id = ${ids[0] ?? ''}`
    await sql`update connections set grant_id = ${ids[0] ?? ''}, target = 'sealed' where id = any (${ids}::uuid[])`
  }
  const notificationId = await insertNotification()
  for (const id of ids) await insertDelivery(notificationId, id)
  const taken = await claim(database, 'pushbullet', ids.map((id) => [notificationId, id]), 60_000)
  const settleWith = async (failures: Failure[]) => await settle(database, {
    claimId: taken.id,
    isLast: true,
    now: Date.now(),
    settlements: failures.flatMap((failure, index) => {
      const delivery = taken.claimed.find(({ connectionId }) => connectionId === ids[index])
      if (delivery === undefined) return []
      return [{ delivery, outcome: errorOutcome(new ProviderError(failure, 'pushbullet.example', 400), 0, Date.now(), 1) }]
    })
  })
  const grant = async (id: string | undefined) => (await sql`select status, credentials, version from grants where id = ${id ?? ''}`)[0]
  const connection = async (index: number) => await findConnection(database, ids[index] ?? '')
  const state = async (index: number) => (await sql`
    select state, reason from deliveries where connection_id = ${ids[index] ?? ''}`)[0]
  return { ids, settleWith, grant, connection, state }
}

const gone: Failure = { kind: 'gone', reason: 'the channel was deleted' }
const refused: Failure = { kind: 'unauthorized', reason: 'token revoked' }

t.test('ends a connection whose address is gone, with its credentials', async (t) => {
  const { ids, settleWith, grant, connection, state } = await openClaim(1, false)
  await settleWith([gone])
  t.match(await state(0), { state: 'failed', reason: 'the channel was deleted' })
  t.match(await connection(0), { status: 'revoked', statusReason: 'the channel was deleted' })
  t.match(await grant(ids[0]), { status: 'revoked', credentials: null, version: 2 })
  t.match((await listEvents(database, ids[0] ?? '')).at(-1), { event: 'connection.disconnected', reason: 'the channel was deleted' })
})

t.test('ends one connection of a shared grant, and leaves the others and the credentials', async (t) => {
  const { ids, settleWith, grant, connection } = await openClaim(3, true)
  await settleWith([gone])
  t.match(await connection(0), { status: 'revoked' })
  t.match([await connection(1), await connection(2)], [{ status: 'active' }, { status: 'active' }])
  t.match(await grant(ids[0]), { status: 'active', credentials: 'sealed', version: 1 })
  t.same(await sql`select target from connections where id = ${ids[0] ?? ''}`, [{ target: null }])
})

t.test('parks every connection of a shared grant whose credentials are refused for one', async (t) => {
  const { ids, settleWith, grant, connection, state } = await openClaim(4, true)
  await settleWith([refused])
  for (const index of ids.keys()) t.match(await connection(index), { status: 'needsReauth', statusReason: 'token revoked' })
  t.match(await grant(ids[0]), { status: 'needsReauth', credentials: 'sealed' })
  t.match(await state(0), { state: 'parked', reason: 'token revoked' })
  for (const id of ids) t.equal((await listEvents(database, id)).filter(({ event }) => event === 'connection.needs_reauth').length, 1)
})

t.test('records which permissions are missing', async (t) => {
  const { settleWith, connection, state } = await openClaim(1, false)
  await settleWith([{ kind: 'missingPermission', reason: 'chat:write is missing', missing: ['chat:write', 'im:write'] }])
  t.match(await state(0), { state: 'parked' })
  t.match(await connection(0), { status: 'needsReauth', statusReason: 'chat:write is missing', missingPermissions: ['chat:write', 'im:write'] })
})

t.test('ignores what is said about credentials and addresses that were replaced', async (t) => {
  for (const failure of [gone, refused]) {
    const { ids, settleWith, connection } = await openClaim(1, false)
    await sql`update grants set version = 2 where id = ${ids[0] ?? ''}`
    await settleWith([failure])
    t.match(await connection(0), { status: 'active', statusReason: null }, failure.kind)
  }
})

t.test('settles an address that is gone beside refused credentials of the same grant', async (t) => {
  const { settleWith, connection } = await openClaim(3, true)
  await settleWith([gone, refused])
  t.match([await connection(0), await connection(1), await connection(2)],
    [{ status: 'revoked' }, { status: 'needsReauth' }, { status: 'needsReauth' }])
})
