import { newId } from '@carillon/shared/db'
import { claim, releaseClaim } from '@carillon/shared/deliveries'
import { backends } from '@carillon/testing'
import t from 'tap'
import { deliver } from '../../src/delivery/deliver.ts'
import { startTestStack } from '../start-test-stack.ts'
import { openRows } from '../../../../packages/shared/test/deliveries/open-rows.ts'

const { database, insertConnection, insertNotification, insertDelivery, readDelivery } = await openRows(t)
const { sql } = database

async function insertDue (): Promise<[notificationId: string, connectionId: string]> {
  const connectionId = await insertConnection()
  const notificationId = await insertNotification()
  await insertDelivery(notificationId, connectionId, { job_id: 'job' })
  return [notificationId, connectionId]
}

t.test('releases a claim whose response was lost', async (t) => {
  const key = await insertDue()
  const id = newId()
  await claim(database, 'pushbullet', [key], 60_000, id)
  t.match(await releaseClaim(database, 'pushbullet', id, Date.now()), [{ provider: 'pushbullet' }])
  t.match(await readDelivery(...key), { state: 'retrying', attempts: 0, reason: 'handedBack' })
  t.same([...await sql`select id from claims where id = ${id}`], [])
  t.match(await claim(database, 'pushbullet', [key], 60_000), { claimed: [{ notificationId: key[0] }] })
})

t.test('a claim that runs after its release claims nothing', async (t) => {
  const key = await insertDue()
  const id = newId()
  t.equal(await releaseClaim(database, 'pushbullet', id, Date.now()), undefined)
  t.equal(await releaseClaim(database, 'pushbullet', id, Date.now()), undefined, 'however often it is released')
  await t.rejects(claim(database, 'pushbullet', [key], 60_000, id), { code: '23505' })
  t.match(await readDelivery(...key), { state: 'queued', jobId: 'job' })
  t.match(await claim(database, 'pushbullet', [key], 60_000), { claimed: [{ notificationId: key[0] }] })
})

t.test('leaves the deliveries of other claims', async (t) => {
  const [key, other] = [await insertDue(), await insertDue()]
  const id = newId()
  await claim(database, 'pushbullet', [key], 60_000, id)
  const { id: theirs } = await claim(database, 'pushbullet', [other], 60_000)
  await releaseClaim(database, 'pushbullet', id, Date.now())
  t.match(await readDelivery(...other), { state: 'sending' })
  t.equal((await sql`select id from claims where id = ${theirs}`).length, 1)
})

const [postgres] = await backends()
const lost = Object.assign(new Error('PostgreSQL sent nothing for 20 seconds'), { code: 'ETIMEDOUT' })

for (const isMade of [true, false]) {
  t.test(`sends once what was claimed ${isMade ? 'with' : 'without'} effect and without a response`, async (t) => {
    if (postgres === undefined) throw new Error('PostgreSQL is always there')
    const { connect, notify, delivery, inbox, services } = await startTestStack(t, await postgres.open(t), { start: false })
    const [connectionId = ''] = await connect('ann')
    const { id } = await notify(['ann'])
    let losses = 0
    const losing = new Proxy(services.database.sql, {
      apply: (target, self, [strings, ...values]: unknown[]) => {
        const run = () => Reflect.apply(target, self, [strings, ...values])
        const isClaim = Array.isArray(strings) && String(strings[0]).includes('with wanted as (')
        if (!isClaim || losses > 0) return run()
        losses++
        return (isMade ? Promise.resolve(run()) : Promise.resolve()).then(() => { throw lost })
      }
    })
    const job = { deliveries: [[id, connectionId]] satisfies Array<[string, string]> }
    const delivering = deliver({ ...services, database: { ...services.database, sql: losing } }, 'pushbullet', job)
    if (isMade) {
      await t.rejects(delivering, lost)
      t.match(await delivery(id, connectionId, 'retrying'), { attempts: 0, reason: 'handedBack' })
      await deliver(services, 'pushbullet', job)
    } else await delivering
    t.equal(losses, 1)
    t.match(await delivery(id, connectionId, 'sent'), { attempts: 1 })
    t.equal((await inbox()).length, 1)
  })
}
