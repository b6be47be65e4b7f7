import { execa } from 'execa'
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { freePort } from './free-port.ts'
import { startServerProcess } from './server-process.ts'
import type { Exit } from './server-process.ts'

export interface RedisServerOptions {
  /** The folder of an append-only file. Without it, all data stays in memory. */
  dataDir?: string | undefined
  /** Defaults to a free port. */
  port?: number | undefined
}

export interface RedisServer {
  /** Contains the generated password. */
  url: string
  port: number
  exited: Promise<Exit>
  /** Stops the server. May be called twice. */
  close (): Promise<void>
}

const stopPatienceMs = 5_000

/** The `redis-server` (or `valkey-server`) on PATH with its version output, if any. */
export async function findRedisServer (): Promise<{ command: string, version: string } | undefined> {
  for (const command of ['redis-server', 'valkey-server']) {
    const { exitCode, stdout } = await execa(command, ['--version'], { reject: false })
    if (exitCode === 0) return { command, version: stdout }
  }
}

/** Starts a Redis without eviction for this process only, on 127.0.0.1. Throws when no server is on PATH. */
export async function openRedisServer ({ dataDir, port: wanted }: RedisServerOptions = {}): Promise<RedisServer> {
  const found = await findRedisServer()
  if (!found) throw new Error('there is no redis-server on PATH')
  const port = wanted ?? await freePort()
  const password = randomBytes(24).toString('base64url')
  if (dataDir) await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const server = startServerProcess({
    command: found.command,
    args: ['-'],
    cwd: dataDir ? resolve(dataDir) : tmpdir(),
    input: [
      'bind 127.0.0.1',
      `port ${port}`,
      `requirepass ${password}`,
      'maxmemory-policy noeviction',
      'save ""',
      `appendonly ${dataDir ? 'yes' : 'no'}`
    ].join('\n') + '\n',
    readyWhen: 'Ready to accept connections'
  })
  if (!await server.ready) {
    const { lastLines, code } = await server.exited
    throw new Error(`redis-server did not start: ${lastLines.at(-1) ?? `code ${code}`}`)
  }
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    port,
    exited: server.exited,
    async close () { await server.stop(['SIGTERM', 'SIGKILL'], stopPatienceMs) }
  }
}
