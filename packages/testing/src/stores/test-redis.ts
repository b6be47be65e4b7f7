import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { findRedisServer, openRedisServer } from '@carillon/local'
import type { Test } from 'tap'
import { redisMissing } from './redis-missing.ts'
import { testServers } from './test-servers.ts'

export interface TestRedis {
  url: string
  /** The prefix of every key of this test, because other tests use the same Redis. */
  prefix: string
}

/** The Redis that all tests share, with a prefix for this test. Without one, skips the test and returns undefined. */
export async function testRedis (t: Test): Promise<TestRedis | undefined> {
  const { redisUrl } = await testServers()
  if (!redisUrl) return skip(t)
  return { url: redisUrl, prefix: newPrefix() }
}

export interface OwnRedis extends TestRedis {
  /** Deletes all data. */
  flush: () => Promise<void>
  close: () => Promise<void>
}

/** A Redis for this test only, to flush or to kill. Without redis-server, skips the test and returns undefined. */
export async function ownRedis (t: Test): Promise<OwnRedis | undefined> {
  if (!await findRedisServer()) return skip(t)
  const server = await openRedisServer()
  t.teardown(() => server.close())
  return { url: server.url, prefix: newPrefix(), flush: () => flushAll(server.url), close: () => server.close() }
}

async function flushAll (url: string): Promise<void> {
  const { hostname, port, password } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.end(`${password === '' ? '' : `AUTH ${password}\r\n`}FLUSHALL\r\nQUIT\r\n`)
  let replies = ''
  for await (const chunk of socket) replies += String(chunk)
  if (replies.includes('-')) throw new Error(`FLUSHALL: ${replies}`)
}

export function newPrefix (): string {
  return `test-${randomBytes(6).toString('hex')}`
}

function skip (t: Test): undefined {
  t.pass(redisMissing, { skip: redisMissing })
}
