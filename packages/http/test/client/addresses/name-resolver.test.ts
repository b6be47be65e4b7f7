import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@carillon/testing'
import t from 'tap'
import { createHostsFile } from '../../../src/client/addresses/hosts-file.ts'
import { createNameResolver } from '../../../src/client/addresses/name-resolver.ts'
import { failure, client, web } from '../../local-server.ts'
import { openNameServer } from './open-name-server.ts'

const noHosts = () => []

t.test('queries DNS for both families, and returns IPv4 first', async (t) => {
  const server = await openNameServer(t, (name) => ({ 'both.example': ['2001:db8::1', '192.0.2.1', '192.0.2.2'], 'six.example': ['2001:db8::2'] })[name])
  const { resolve } = createNameResolver({ timeoutMs: 60_000, servers: [server.address], hostsFile: noHosts })
  t.same((await resolve('both.example')).map(({ address }) => address), ['192.0.2.1', '192.0.2.2', '2001:db8::1'])
  t.same(await resolve('six.example'), [{ address: '2001:db8::2', family: 6 }])
  await t.rejects(resolve('missing.example'), { code: 'NO_ADDRESS' })
  await t.rejects(resolve(`${'x'.repeat(64)}.example`), { code: 'NO_ADDRESS' }, 'a name that is too long for DNS')
})

t.test('resolves names in the hosts file and localhost without DNS', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'carillon-hosts-'))
  t.teardown(() => rm(dir, { recursive: true }))
  const path = join(dir, 'hosts')
  const server = await openNameServer(t, () => undefined)
  const { resolve } = createNameResolver({ timeoutMs: 60_000, servers: [server.address], hostsFile: createHostsFile(path) })
  await t.rejects(resolve('db'), { code: 'NO_ADDRESS' }, 'a missing hosts file counts as empty')
  await writeFile(path, '# comment\n127.0.0.1 localhost\n10.1.2.3  DB db.internal # the database\n\tfd00::5 db\nnonsense x\n')
  server.questions.length = 0
  t.same(await resolve('db'), [{ address: '10.1.2.3', family: 4 }, { address: 'fd00::5', family: 6 }])
  t.same(await resolve('db.internal'), [{ address: '10.1.2.3', family: 4 }])
  t.same((await resolve('some.localhost')).map(({ address }) => address), ['127.0.0.1', '::1'])
  t.same(server.questions, [])
})

t.test('shares one lookup between concurrent callers', async (t) => {
  const server = await openNameServer(t, () => ['192.0.2.1'])
  const { resolve } = createNameResolver({ timeoutMs: 60_000, servers: [server.address], hostsFile: noHosts })
  await Promise.all(Array.from({ length: 40 }, () => resolve('busy.example')))
  t.same(server.questions, ['busy.example', 'busy.example'], 'one query for each family')
})

t.test('rejects after the timeout when DNS does not respond', async (t) => {
  const server = await openNameServer(t, () => 'never')
  const { resolve } = createNameResolver({ timeoutMs: 50, servers: [server.address], hostsFile: noHosts })
  await t.rejects(resolve('never.example'), { code: 'LOOKUP_TIMEOUT' })
})

t.test('limits concurrent lookups, in total and per domain, and delays no other domain', async (t) => {
  const server = await openNameServer(t, (name) => name.includes('never') ? 'never' : ['192.0.2.1'])
  const asked = () => new Set(server.questions)
  const limits = { total: 6, perGroup: 2 }
  const { need, resolve } = createNameResolver({ timeoutMs: 60_000, servers: [server.address], hostsFile: noHosts, limits })
  const begin = (name: string) => ({ name, release: need(name), ended: resolve(name).then(() => 'found', ({ code }) => code) })

  const one = Array.from({ length: 10 }, (_, index) => begin(`n${index}.never-one.example`))
  const ofOne = ['n0', 'n1'].map((label) => `${label}.never-one.example`)
  t.same((await resolve('quick.test')).length, 1, 'ten names of one domain use two slots')
  await until(() => ofOne.every((name) => asked().has(name)))

  const others = ['a', 'b', 'c', 'd', 'e'].map((label) => begin(`www.never.${label}`))
  await until(() => asked().size === 2 + 1 + 4, { what: 'as many as there are slots' })
  const waiting = begin('quick-too.test')
  for (const { release } of one) release()
  t.equal(await waiting.ended, 'found', 'as soon as a slot is free')
  for (const { release } of others) release()
  t.same(await Promise.all([...one, ...others].map(({ ended }) => ended)), Array(15).fill('LOOKUP_CANCELED'))
  t.same([...asked()].filter((name) => name.includes('never-one')), ofOne, 'a lookup that is canceled while it waits sends no query')
})

t.test('delays no request because of 28 requests whose names do not resolve', async (t) => {
  const url = await web(t, (_, response) => { response.end('here') })
  const { port } = new URL(url)
  const server = await openNameServer(t, (name) => name.startsWith('never') ? 'never' : ['127.0.0.1'])
  const http = client(t, 'http://localhost:1', { nameServers: [server.address], allowPrivateHosts: ['127.0.0.0/8'], connectTimeoutMs: 60_000 })
  const controller = new AbortController()
  let pending = 28
  const stuck = Array.from({ length: pending }, async (_, index) => {
    const error = await failure(http.request({ method: 'GET', url: `http://never-${index}.d${index}.example:${port}/` }, controller.signal))
    pending--
    return error.code
  })
  await until(() => new Set(server.questions).size === 28, { what: 'all of them asked for at once' })
  for (const host of ['good.example', 'other.example', 'localhost']) {
    t.equal((await http.request({ method: 'GET', url: `http://${host}:${port}/` })).body.toString(), 'here', host)
  }
  t.equal(pending, 28, 'they still wait')
  controller.abort()
  t.same(new Set(await Promise.all(stuck)), new Set(['aborted']))
})

t.test('keeps addresses for their TTL, at most for a minute', async (t) => {
  for (const [ttl, expectedMs] of [[30, 30_000], [200, 60_000]] as const) {
    let now = 1_000
    let address = '192.0.2.1'
    const server = await openNameServer(t, () => [address], ttl)
    const { resolve } = createNameResolver({ timeoutMs: 60_000, servers: [server.address], hostsFile: noHosts, clock: () => now })
    const found = async () => (await resolve('moving.example')).map(({ address }) => address)
    t.same(await found(), ['192.0.2.1'])
    address = '192.0.2.2'
    now += expectedMs - 1
    t.same(await found(), ['192.0.2.1'])
    t.equal(server.questions.length, 2, 'one query for each family')
    now += 1
    t.same(await found(), ['192.0.2.2'])
  }
})

t.test('asks DNS again for a name without a TTL, and for a name that did not exist', async (t) => {
  let addresses: string[] | undefined
  const server = await openNameServer(t, () => addresses, 0)
  const { resolve } = createNameResolver({ timeoutMs: 60_000, servers: [server.address], hostsFile: noHosts, clock: () => 0 })
  await t.rejects(resolve('new.example'), { code: 'NO_ADDRESS' })
  for (const address of ['192.0.2.1', '192.0.2.2']) {
    addresses = [address]
    t.same(await resolve('new.example'), [{ address, family: 4 }])
  }
})

t.test('checks cached addresses with the guard each time', async (t) => {
  const url = await web(t, (_, response) => { response.end('private') })
  const { port } = new URL(url)
  const server = await openNameServer(t, () => ['127.0.0.1'])
  const refused: string[] = []
  const http = client(t, 'http://localhost:1', { nameServers: [server.address], onRefused: (host) => { refused.push(host) } })
  for (let count = 0; count < 2; count++) {
    t.equal((await failure(http.request({ method: 'GET', url: `http://rebinding.example:${port}/` }))).code, 'dns')
  }
  t.equal(server.questions.length, 2, 'one query for each family')
  t.same(refused, ['rebinding.example', 'rebinding.example'])
})
