import t from 'tap'
import { disconnect } from '../../../src/connections/index.ts'
import { markNeedsReauth } from '../../../src/grants/index.ts'
import { insertNotifications } from '../../../src/deliveries/sql/insert-notifications.ts'
import { findDelivery, releaseParked, skipWaiting } from '../../../src/deliveries/index.ts'
import { openTestDatabase } from '../../open-test-database.ts'
import { connect } from '../../people.ts'
import { draftTo } from '../../notifications/drafts.ts'

const database = await openTestDatabase(t)

t.test('makes parked deliveries of reconnected users due, and no others', async (t) => {
  const [ann = '', bob = ''] = await connect(database, ['ann', 'bob'])
  for (const id of [ann, bob]) await markNeedsReauth(database, { grantId: id, credentialsVersion: 1, reason: 'tokenRevoked' })
  const drafts = [draftTo(['ann', 'bob']), draftTo(['ann'])]
  await insertNotifications(database, drafts, ['pushbullet'])

  t.equal(await releaseParked(database, [ann]), 2)
  for (const { id } of drafts) {
    const released = await findDelivery(database, id, ann)
    t.match(released, { state: 'queued', reason: null, attempts: 0, dueAt: Date, history: [{ event: 'parked' }, { event: 'released', at: String }] })
    t.ok((released?.dueAt?.getTime() ?? Infinity) <= Date.now() + 60_000)
  }
  t.match(await findDelivery(database, drafts[0]?.id ?? '', bob), { state: 'parked', reason: 'tokenRevoked' })
  t.equal(await releaseParked(database, [ann]), 0)
  t.equal(await releaseParked(database, []), 0)
  t.match(await database.sql`select distinct job_id from deliveries where state = 'queued'`, [{ job_id: null }], 'they need new jobs')
})

t.test('releases a scheduled delivery for its time', async (t) => {
  const [eve = ''] = await connect(database, ['eve'])
  await markNeedsReauth(database, { grantId: eve, credentialsVersion: 1, reason: 'tokenRevoked' })
  const sendAt = new Date(Date.now() + 3_600_000)
  const draft = { ...draftTo(['eve']), sendAt }
  await insertNotifications(database, [draft], ['pushbullet'])
  t.equal(await releaseParked(database, [eve]), 1)
  t.match(await findDelivery(database, draft.id, eve), { state: 'queued', dueAt: sendAt })
})

t.test('skips deliveries that wait for a revoked connection, and keeps those that have ended', async (t) => {
  const [cleo = '', dan = ''] = await connect(database, ['cleo', 'dan'])
  const states = ['queued', 'retrying', 'parked', 'sending', 'sent', 'failed']
  const drafts = states.map(() => draftTo(['cleo', 'dan']))
  await insertNotifications(database, drafts, ['pushbullet'])
  for (const [index, state] of states.entries()) {
    await database.sql`
      update deliveries set state = ${state}, job_id = null,
        attempts = case when ${state} = 'sent' then 1 else 0 end,
        due_at = case when ${state} in ('queued', 'retrying') then now() end,
        reason = case when ${state} in ('retrying', 'parked', 'failed') then 'because' end,
        receipt = case when ${state} = 'sent' then '{"id": "p1"}'::jsonb end,
        parked_at = case when ${state} = 'parked' then now() end,
        claim_id = case when ${state} = 'sending' then gen_random_uuid() end
      where notification_id = ${drafts[index]?.id ?? ''}`
  }
  await disconnect(database, cleo)
  t.equal(await skipWaiting(database, cleo), 3)
  const after = await Promise.all(drafts.map(({ id }) => findDelivery(database, id, cleo)))
  t.same(after.map((delivery) => delivery?.state), ['skipped', 'skipped', 'skipped', 'sending', 'sent', 'failed'])
  t.match(after[0], { reason: 'disconnected', dueAt: null, history: [{ event: 'queued' }, { event: 'skipped', reason: 'disconnected' }] })
  const others = await Promise.all(drafts.map(({ id }) => findDelivery(database, id, dan)))
  t.same(others.map((delivery) => delivery?.state), states)
  t.equal(await skipWaiting(database, cleo), 0)
})
