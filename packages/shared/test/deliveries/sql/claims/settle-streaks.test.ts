import { ProviderError } from '@carillon/http'
import t from 'tap'
import { errorOutcome, sentOutcome } from '../../../../src/deliveries/outcome.ts'
import type { Outcome } from '../../../../src/deliveries/outcome.ts'
import { claim } from '../../../../src/deliveries/sql/claims/claim.ts'
import { settle } from '../../../../src/deliveries/sql/claims/settle.ts'
import { openRows } from '../../open-rows.ts'

const { database, insertConnection, insertNotification, insertDelivery } = await openRows(t)
const { sql } = database

const failing = (rule: string): Outcome =>
  errorOutcome(new ProviderError({ kind: 'transient', reason: 'r', lasting: { rule, kind: 'gone', reason: 'it lasts', times: 3, ms: 0 } }, 'a.example', 401), 0, Date.now(), 1)
const unavailable = (): Outcome => errorOutcome(new ProviderError({ kind: 'transient', reason: 'r' }, 'a.example', 503), 0, Date.now(), 1)

/** Claims new deliveries to a connection, in one batch, and settles them with the outcomes. Returns what was claimed. */
async function deliver (connectionId: string, outcomes: Outcome[], change: () => Promise<unknown> = async () => {}) {
  const keys: Array<[string, string]> = []
  while (keys.length < outcomes.length) {
    const id = await insertNotification()
    await insertDelivery(id, connectionId)
    keys.push([id, connectionId])
  }
  const { id: claimId, claimed } = await claim(database, 'pushbullet', keys, 60_000)
  await change()
  const settlements = claimed.map((delivery, index) => ({ delivery, outcome: outcomes[index] ?? unavailable() }))
  await settle(database, { claimId, settlements, isLast: true, now: Date.now() })
  return claimed
}

async function streakOf (id: string): Promise<unknown> {
  const [row] = await sql`select failure_streak as streak from connections where id = ${id}`
  return row?.['streak']
}

t.test('counts failures of one rule in a row, over all deliveries', async (t) => {
  const id = await insertConnection()
  t.match(await deliver(id, [failing('refused')]), [{ streak: null }])
  t.match(await streakOf(id), { rule: 'refused', times: 1, since: String })
  const [before] = await deliver(id, [failing('refused'), failing('refused')])
  t.match(before, { streak: { rule: 'refused', times: 1 } })
  t.ok((before?.streak?.ms ?? -1) >= 0)
  t.match(await streakOf(id), { times: 3 })
  await deliver(id, [unavailable()])
  t.match(await streakOf(id), { times: 3 }, 'another failure neither counts nor ends it')
  await deliver(id, [failing('missing')])
  t.match(await streakOf(id), { rule: 'missing', times: 1 }, 'a failure of another rule starts another streak')
  await deliver(id, [failing('refused'), failing('missing'), failing('refused')])
  t.match(await streakOf(id), { rule: 'refused', times: 2 }, 'also in the same batch')
})

t.test('does not continue a streak of an earlier version, which named no rule', async (t) => {
  const [fails, works] = [await insertConnection(), await insertConnection()]
  await sql`update connections set failure_streak = jsonb_build_object('kind', 'gone', 'times', 9, 'since', now() - interval '9 days')`
  t.match(await deliver(fails, [failing('missing')]), [{ streak: { rule: null, times: 9 } }])
  t.match(await streakOf(fails), { kind: undefined, rule: 'missing', times: 1 })
  const [claimed] = await deliver(works, [unavailable()])
  await deliver(works, [sentOutcome({ id: 'x' }, 1, claimed?.streak)])
  t.equal(await streakOf(works), null, 'a success ends it')
})

t.test('keeps the time of the first failure', async (t) => {
  const id = await insertConnection()
  await deliver(id, [failing('missing')])
  await sql`update connections set failure_streak = jsonb_set(failure_streak, '{since}', to_jsonb(now() - interval '2 days')) where id = ${id}`
  const [claimed] = await deliver(id, [failing('missing')])
  t.ok((claimed?.streak?.ms ?? 0) >= 2 * 86_400_000)
  const [next] = await deliver(id, [failing('missing')])
  t.ok((next?.streak?.ms ?? 0) >= 2 * 86_400_000)
})

t.test('ends with a success, and with the connection', async (t) => {
  const [works, ends] = [await insertConnection(), await insertConnection()]
  for (const id of [works, ends]) await deliver(id, [failing('missing')])
  const [claimed] = await deliver(works, [unavailable()])
  await deliver(works, [sentOutcome({ id: 'x' }, 1, claimed?.streak)])
  t.equal(await streakOf(works), null)
  await deliver(ends, [errorOutcome(new ProviderError({ kind: 'gone', reason: 'r' }, 'a.example', 410), 0, Date.now(), 1)])
  t.equal(await streakOf(ends), null)
})

t.test('does not count responses to older credentials', async (t) => {
  const id = await insertConnection()
  await deliver(id, [failing('refused')], () => sql`update grants set version = 2 where id = ${id}`)
  t.equal(await streakOf(id), null)
})
