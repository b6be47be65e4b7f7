import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { createAccounts } from '../../src/kit/accounts.ts'
import { mountBlotre } from '../../src/blotre/blotre.ts'
import type { User } from '../../src/blotre/store/objects.ts'
import { createWorld } from '../../src/blotre/world.ts'
import { createClock } from '../../src/kit/clock.ts'
import { createInbox } from '../../src/kit/inbox.ts'
import { apiError } from './open-test-blotre.ts'

/** The state of a server. Tests create ten thousand streams in it without requests. */
async function openWorld (t: Test) {
  const clock = createClock()
  const world = createWorld({ clock, inbox: createInbox(clock), accounts: createAccounts() })
  const app = Fastify({ forceCloseConnections: true })
  mountBlotre(app, world)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => { await app.close() })

  const put = async (user: User, path: string, body?: object) => {
    const { accessToken } = world.grants.issue(user.account, 'carillon', undefined)
    const response = await fetch(`${url}/v0/api${path}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    return { status: response.status, json: await response.json() as object }
  }
  return { world, put }
}

t.test('lets a stream have a thousand children, below it or linked', async (t) => {
  const { world: { streams, users }, put } = await openWorld(t)
  const [ann, bob] = [users.open('ann'), users.open('bob')]
  const last = streams.create('s0', ann, ann.root)
  for (let count = 1; count < 1000; count++) streams.create(`s${count}`, ann, ann.root)

  const more = await put(ann, '/stream', { name: 'more', uri: 'ann/more' })
  t.equal(more.status, 422)
  t.same(more.json, apiError('Too many children.'))
  const linked = await put(ann, `/stream/${ann.root.id}/children/${bob.root.id}`)
  t.equal(linked.status, 422)
  t.same(linked.json, apiError('Too many children.'))

  t.match(await put(ann, '/stream', { name: 's1', uri: 'ann/s1' }), { status: 200 }, 'an existing stream stays writable')
  streams.remove(last)
  t.match(await put(ann, `/stream/${ann.root.id}/children/${bob.root.id}`), { status: 201 })
})

t.test('lets a user have ten thousand streams', async (t) => {
  const { world: { streams, users }, put } = await openWorld(t)
  const [ann, bob] = [users.open('ann'), users.open('bob')]
  let parent = ann.root
  for (let count = 1; count < 10_000; count++) {
    const stream = streams.create(`s${count}`, ann, parent)
    if (count % 900 === 0) parent = stream
  }
  const more = await put(ann, '/stream', { name: 'more', uri: `${parent.uri}/more` })
  t.equal(more.status, 422)
  t.same(more.json, apiError('Too many streams for user.'))
  t.match(await put(bob, '/stream', { name: 'more', uri: 'bob/more' }), { status: 201 }, 'this is about one user')
})
