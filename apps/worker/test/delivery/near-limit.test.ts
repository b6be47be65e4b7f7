import { backends } from '@carillon/testing'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'

const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')

t.test('waits for a limit that the provider announced, before a message is refused', async (t) => {
  let announced = 0
  const stack = await startTestStack(t, await postgres.open(t), {
    change: ({ send }) => ({
      send: async (message, key, credentials, context) => {
        const receipt = await send?.(message, key, credentials, context)
        if (message.title === 'Last') context.onNearLimit?.({ scope: 'app', retryAt: announced = Date.now() + 3_000 })
        context.onNearLimit?.({ scope: 'connection', retryAt: Date.now() + 60_000 })
        if (receipt === undefined) throw new Error('it sends')
        return receipt
      }
    })
  })
  const [connectionId = ''] = await stack.connect('ann')
  const notify = async (title: string) => (await stack.notify(['ann'], { message: { type: 'note', title } })).id
  await stack.delivery(await notify('Last'), connectionId, 'sent')
  const sent = await stack.delivery(await notify('Later'), connectionId, 'sent')
  t.match(sent, { attempts: 1, history: [{ event: 'queued' }, { event: 'wait', reason: 'rateLimited', status: undefined }, { event: 'attempt', outcome: 'sent' }] })
  t.ok(sent.updatedAt.getTime() >= announced, 'not before its end')
  t.equal((await stack.inbox()).length, 2)
})
