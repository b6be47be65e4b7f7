import type { Redis } from 'ioredis'
import { StoreError } from '../stores/store-error.ts'
import type { RedisFacts } from './job-queue.ts'
import { withTimeout } from './with-timeout.ts'

/**
 * Rejects with a StoreError when Redis responds but cannot hold jobs, and with its own error when Redis does not respond.
 * Resolves to a warning for the operator when jobs work but a setting is unsafe.
 */
export async function checkRedis (redis: Redis): Promise<string | undefined> {
  const facts = await readInfo(redis)
  if (facts.get('redis_mode') === 'sentinel') {
    throw new StoreError('REDIS_URL leads to a Sentinel, which holds no data; name the Redis that it watches, or an address that follows the primary.')
  }
  if (facts.get('role') === 'slave') {
    throw new StoreError('REDIS_URL leads to a replica, which takes no writes; name the primary, or an address that follows it.')
  }
  const policy = facts.get('maxmemory_policy')
  if (policy === undefined || policy === 'noeviction') return
  return `REDIS_URL: Redis has maxmemory-policy ${policy} and may drop jobs when it is full; set noeviction.`
}

/** The version, the eviction policy and the clock of Redis. */
export async function inspectRedis (redis: Redis): Promise<RedisFacts> {
  const facts = await readInfo(redis)
  const sentAt = Date.now()
  const [seconds, microseconds] = await withTimeout(redis.time())
  const redisMs = Number(seconds) * 1000 + Number(microseconds) / 1000
  const valkey = facts.get('valkey_version')
  return {
    product: valkey === undefined ? 'Redis' : 'Valkey',
    version: valkey ?? facts.get('redis_version') ?? null,
    evictionPolicy: facts.get('maxmemory_policy') ?? null,
    clockAheadMs: Math.round((sentAt + Date.now()) / 2 - redisMs)
  }
}

/** The error of a Lua script contains the code in the middle. */
export function isReadOnly (error: Error): boolean {
  return /\bREADONLY\b/.test(error.message)
}

/** The error for the operator when waiting for Redis does not help. Returns any other error unchanged. */
export function toRedisStoreError (error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { message } = error
  if (isReadOnly(error)) return new StoreError('REDIS_URL leads to a replica, which takes no writes; name the primary.')
  if (/\b(CROSSSLOT|MOVED|ASK|CLUSTERDOWN)\b|cluster support|cluster mode/i.test(message)) {
    return new StoreError('REDIS_URL leads to a Redis Cluster, which Carillon does not support; name a Redis without cluster mode.')
  }
  if (/\b(WRONGPASS|NOAUTH|NOPERM)\b|invalid password|without any password/.test(message)) {
    return new StoreError(`REDIS_URL: Redis refuses the login or a command (${message}).`)
  }
  return error
}

async function readInfo (redis: Redis): Promise<Map<string, string>> {
  return parseInfo(await withTimeout(redis.info()).catch(withoutPermission))
}

/** INFO returns lines of `name:value`. */
function parseInfo (info: string): Map<string, string> {
  return new Map(info.split('\r\n').flatMap((line) => {
    const [, name, value] = /^(\w+):(.*)$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name, value]]
  }))
}

/** Some hosting providers forbid INFO. Then only the use of the queue reveals a problem. */
function withoutPermission (error: unknown): string {
  if (error instanceof Error && /\bNOPERM\b|unknown command/.test(error.message)) return ''
  throw error
}
