import { freePort } from '@carillon/local'
import { execa } from 'execa'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { findProgram, startProgram } from '../start-program.ts'

export interface RedisServer {
  url: string
  port: number
  /** Runs a redis-cli command. */
  command: (...words: string[]) => Promise<string>
  stop: () => Promise<void>
}

/** A Redis for this test with these settings. Without redis-server, skips the test and resolves to undefined. */
export async function startRedis (t: Test, settings: Record<string, string | number> = {}): Promise<RedisServer | undefined> {
  const command = await findProgram(t, ['redis-server'], 'CARILLON_REQUIRE_REDIS')
  if (command === undefined) return
  const port = await freePort()
  const cwd = await openFolder(t)
  const all = { bind: '127.0.0.1', port, save: '', appendonly: 'no', 'maxmemory-policy': 'noeviction', ...settings }
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, ...String(value).split(' ')])
  const { stop } = await startProgram(t, { command, args, cwd, readyWhen: 'Ready to accept connections' })
  return { url: `redis://127.0.0.1:${port}`, port, command: (...words) => redisCli(port, ...words), stop }
}

/** A primary, and a replica that is in sync. */
export async function startReplication (t: Test): Promise<{ primary: RedisServer, replica: RedisServer } | undefined> {
  const primary = await startRedis(t)
  const replica = primary && await startRedis(t, { replicaof: `127.0.0.1 ${primary.port}` })
  return replica && { primary, replica }
}

/** Six nodes, three of which have slots. Resolves to the URL of one node. */
export async function startCluster (t: Test): Promise<{ url: string } | undefined> {
  const nodes: RedisServer[] = []
  for (let count = 0; count < 6; count++) {
    const node = await startRedis(t, { 'cluster-enabled': 'yes', 'cluster-port': await freePort() })
    if (node === undefined) return
    nodes.push(node)
  }
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  await execa('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'], { stdin: 'ignore' })
  const [first] = nodes
  return first && { url: first.url }
}

/** A Sentinel that monitors a Redis. */
export async function startSentinel (t: Test): Promise<{ url: string } | undefined> {
  const command = await findProgram(t, ['redis-sentinel'], 'CARILLON_REQUIRE_SENTINEL')
  const watched = command && await startRedis(t)
  if (!watched) return
  const cwd = await openFolder(t)
  const port = await freePort()
  // Sentinel writes to its configuration file.
  const file = join(cwd, 'sentinel.conf')
  await writeFile(file, `bind 127.0.0.1\nport ${port}\nsentinel monitor main 127.0.0.1 ${watched.port} 1\n`)
  await startProgram(t, { command, args: [file], cwd, readyWhen: 'Sentinel ID is' })
  return { url: `redis://127.0.0.1:${port}` }
}

async function redisCli (port: number, ...words: string[]): Promise<string> {
  const { stdout } = await execa('redis-cli', ['-p', String(port), ...words], { stdin: 'ignore' })
  return stdout
}

async function openFolder (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `carillon-test-${process.pid}-redis-`))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
