import { findConnection } from '@carillon/shared/connections'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'

// The queue makes no difference.
const backend = (await backends()).find(({ skip }) => skip === false)
if (backend === undefined) throw new Error('there is no queue')

t.test('messages to a browser of another VAPID key fail after three days, and go out once the key is there', async (t) => {
  const { connectAt, control, database, delivery, inboxOf, notify } = await startTestStack(t, await backend.open(t), { offer: ['webpush'] })
  const [{ id, account } = { id: '', account: '' }] = await connectAt('webpush', ['ann'])
  const send = async (title: string): Promise<string> => (await notify(['ann'], { message: { type: 'note', title } })).id
  const streak = async () => (await database.sql`select failure_streak as streak from connections where id = ${id}`)[0]?.['streak']
  await control('POST', '/faults', { provider: 'webpush', fault: 'keyMismatch', times: 1_000 })

  for (const times of [1, 2]) {
    await delivery(await send(`Message ${times}`), id, 'retrying')
    t.match(await streak(), { rule: 'otherKey', times })
  }
  await database.sql`
    update connections set failure_streak = jsonb_set(failure_streak, '{since}', to_jsonb(now() - interval '71 hours')) where id = ${id}`
  t.match(await delivery(await send('Message 3'), id, 'retrying'), { attempts: 0, reason: 'misconfigured' }, 'the operator has three days')

  await database.sql`
    update connections set failure_streak = jsonb_set(failure_streak, '{since}', to_jsonb(now() - interval '72 hours')) where id = ${id}`
  for (const title of ['Message 4', 'Message 5']) {
    t.match(await delivery(await send(title), id, 'failed'), {
      attempts: 1, reason: /for three days: add the key of this subscription to WEBPUSH_KEYS, or let the browser subscribe again$/
    })
  }
  t.match(await findConnection(database, id), { status: 'active', statusReason: null }, 'a wrong key of ours ends no connection')
  await database.sql`update deliveries set due_at = now() where state = 'retrying'`
  await until(async () => (await database.sql`select from deliveries where state = 'failed'`).count === 5, { what: 'the end of the messages that waited' })

  await control('DELETE', '/faults')
  await delivery(await send('Message 6'), id, 'sent')
  t.equal(await streak(), null)
  t.match((await inboxOf('webpush', account)).map(({ item }) => item.title), ['Message 6'])
})
