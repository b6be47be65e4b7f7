import { once } from 'node:events'
import { mock } from 'node:test'
import { until } from '@carillon/testing'
import fastify from 'fastify'
import t from 'tap'
import { Agent, request } from 'undici'
import { openCallerStream, openSseStream } from '../../src/v1/sse-stream.ts'

t.test('stops watching the caller of a stream whose client left before it was open', async (t) => {
  const app = fastify()
  const dispatcher = new Agent()
  t.teardown(async () => {
    await dispatcher.destroy()
    await app.close()
  })
  let isWatching = false
  const stream = openSseStream()
  let slots = 0
  app.decorate('watchCaller', () => {
    isWatching = true
    return () => { isWatching = false }
  })
  app.decorate('takeStreamSlot', () => {
    slots++
    return () => { slots = 0 }
  })
  const arrived = new Promise<void>((resolve) => {
    app.get('/', async (request, reply) => {
      const left = once(reply.raw, 'close')
      resolve()
      await left
      openCallerStream(app, request, reply.raw, () => stream)
      t.same([isWatching, slots], [true, 1])
      return await reply.send(stream)
    })
  })
  const response = request(await app.listen({ port: 0, host: '127.0.0.1' }), { dispatcher })
  await arrived
  await Promise.all([t.rejects(response), dispatcher.destroy()])
  await until(() => stream.closed)
  t.same([isWatching, slots], [false, 0])
})

t.test('ends a stream only when its client has read nothing for a whole interval', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => { mock.timers.reset() })
  const stream = openSseStream()
  const fill = () => { while (!stream.writableNeedDrain && !stream.destroyed) stream.write('x'.repeat(10_000)) }
  fill()
  mock.timers.tick(15_000)
  t.notOk(stream.destroyed, 'it has just been filled')
  stream.read(1)
  mock.timers.tick(15_000)
  t.notOk(stream.destroyed, 'the client has read a part')
  stream.read()
  await until(() => !stream.writableNeedDrain)
  fill()
  mock.timers.tick(15_000)
  t.notOk(stream.destroyed, 'the client has read everything, and more was written')
  mock.timers.tick(15_000)
  t.ok(stream.destroyed)
})
