import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { findRedisServer, freePort } from '@carillon/local'
import type { Test } from 'tap'

export interface RestartableRedis {
  url: string
  /** Starts it again on the same port, without its earlier data. */
  start: () => Promise<void>
  /** Kills it, as a power failure would. */
  kill: () => Promise<void>
}

/** A Redis that is not running yet and ends with the test. Without redis-server, skips the test and returns undefined. */
export async function prepareRedis (t: Test): Promise<RestartableRedis | undefined> {
  const found = await findRedisServer()
  if (found === undefined) {
    t.pass('no redis-server', { skip: 'no redis-server on PATH' })
    return
  }
  const port = await freePort()
  let server: ChildProcess | undefined

  async function start (): Promise<void> {
    const settings = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction']
    const child = server = spawn(found?.command ?? '', settings, { stdio: ['ignore', 'pipe', 'ignore'] })
    for await (const line of createInterface(child.stdout)) if (line.includes('Ready to accept connections')) return
    throw new Error(`The redis-server on port ${port} did not start`)
  }

  async function kill (): Promise<void> {
    const child = server
    server = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  t.teardown(kill)
  return { url: `redis://127.0.0.1:${port}`, start, kill }
}
