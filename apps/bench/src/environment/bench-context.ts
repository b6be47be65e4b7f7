import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRedisServer, isRunning, openRedisServer } from '@carillon/local'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import type { Channel } from '../channels/channel.ts'
import { connectSeats } from '../channels/connect-seats.ts'
import type { Sizes } from '../sizes.ts'
import { connectPeople } from './audience.ts'
import type { Person } from './audience.ts'
import { migrateAll, openDatabases } from './databases.ts'
import type { Databases } from './databases.ts'
import { createSimulator } from './simulator.ts'
import type { Simulator } from './simulator.ts'
import { createProcesses } from './processes.ts'
import { hasOpenssl } from './programs.ts'
import type { Program } from './programs.ts'
import type { Processes } from './processes.ts'
import { spawnApp } from './spawn.ts'

/** The context of every measurement, with its size. */
export interface Environment extends BenchContext {
  sizes: Sizes
}

/** Servers, people, and functions that start processes. */
export interface BenchContext {
  databases: Databases
  /** Absent without redis-server. */
  redis: { url: string, version: string } | undefined
  /** The programs of measurements that are installed. */
  programs: Program[]
  simulator: Simulator
  keys: string
  /** The first `count` people. */
  people: (count: number) => Promise<Person[]>
  /** The name of a database in which that many people are connected. */
  connected: (count: number) => Promise<string>
  /** The name of a database with that many people, each of them connected to all these providers, at this many hosts. */
  seated: (channels: Channel[], count: number, hosts?: number) => Promise<string>
  startApp: Processes['startApp']
  startLoop: Processes['startLoop']
  /** The latest warnings and errors of the processes. */
  complaints: () => Promise<string[]>
  /** Closes everything, even during a measurement. */
  close: () => Promise<void>
}

export interface BenchContextOptions {
  /** PATH and similar variables for all processes. */
  env: Record<string, string>
  say: (line: string) => void
  profiles?: string | undefined
  /** As in SpawnOptions. */
  bundles?: string | undefined
}

export async function openBenchContext ({ env, say, profiles, bundles }: BenchContextOptions): Promise<BenchContext> {
  const closers: Array<() => Promise<unknown>> = []
  // A closer that fails does not prevent the others.
  const close = async (): Promise<void> => {
    const [closer] = closers.splice(-1)
    if (closer !== undefined) await closer().finally(close)
  }
  try {
    await sweep()
    // Allows access by other users, because root's PostgreSQL runs as the user postgres.
    const folder = await realpath(await mkdtemp(join(tmpdir(), `carillon-bench-${process.pid}-`)))
    closers.push(() => rm(folder, { recursive: true, force: true }))
    await chmod(folder, 0o755)

    say('starting PostgreSQL, Redis and the simulator')
    const databases = await openDatabases(join(folder, 'postgres'))
    closers.push(() => databases.close())
    const redis = await openRedis()
    if (redis !== undefined) closers.push(() => redis.close())
    const sandbox = spawnApp('sandbox', { folder, profiles, bundles, env: { ...env, SANDBOX_PORT: '0', SANDBOX_BENCH: '1' } })
    closers.push(() => sandbox.stop())
    const simulator = createSimulator(sandbox, (await sandbox.ready).url ?? '')

    const processes = createProcesses({ env, folder, profiles, bundles })
    closers.push(() => processes.close())

    const keys = `bench:${randomBytes(32).toString('base64')}`
    const { people, connected, seated } = createPopulation({ databases, simulator, keys, say })
    return {
      databases,
      redis,
      programs: [...redis === undefined ? [] : ['redis'] as const, ...await hasOpenssl() ? ['openssl'] as const : []],
      simulator,
      keys,
      people,
      connected,
      seated,
      startApp: processes.startApp,
      startLoop: processes.startLoop,
      complaints: () => readComplaints(folder),
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Removes files that killed runs left behind. */
async function sweep (): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^carillon-bench-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}

async function openRedis () {
  const found = await findRedisServer()
  if (found === undefined) return undefined
  return { ...await openRedisServer(), version: /v=(\S+)/.exec(found.version)?.[1] ?? found.version }
}

const maxComplaints = 10

async function readComplaints (folder: string): Promise<string[]> {
  const logs = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  const lines = await Promise.all(logs.map(async (name) => {
    const text = await readFile(join(folder, name), 'utf8')
    return text.split('\n').filter((line) => line !== '' && !/"level":(10|20|30|"info")/.test(line)).map((line) => `${name}: ${line.slice(0, 500)}`)
  }))
  return lines.flat().slice(-maxComplaints)
}

interface PopulationServices {
  databases: Databases
  simulator: Simulator
  keys: string
  say: (line: string) => void
}

/** Creates people once, and connects them once per audience size. A larger audience starts as a copy of a smaller one. */
function createPopulation ({ databases, simulator, keys, say }: PopulationServices) {
  const vault = createVault(parseVaultKeys(keys))
  const everybody: Person[] = []
  const templates = new Map<number, string>()
  const seats = new Set<string>()

  async function people (count: number): Promise<Person[]> {
    if (count > everybody.length) for (const person of await simulator.populate(count - everybody.length)) everybody.push(person)
    return everybody.slice(0, count)
  }

  async function connected (count: number): Promise<string> {
    const known = templates.get(count)
    if (known !== undefined) return known
    if (count > 0) say(`connecting ${count.toLocaleString('en')} people`)
    const less = Math.max(-1, ...[...templates.keys()].filter((size) => size < count))
    const name = `people_${count}`
    const all = await people(count)
    await databases.prepare(name, templates.get(less), async (database, url) => {
      if (less === -1) await migrateAll(url)
      await connectPeople(database, vault, all.slice(Math.max(0, less)))
    })
    templates.set(count, name)
    return name
  }

  async function seated (channels: Channel[], count: number, hosts?: number): Promise<string> {
    const ids = channels.map(({ provider }) => provider)
    const name = `seats_${count}_${ids.join('_')}${hosts === undefined ? '' : `_${hosts}`}`
    if (seats.has(name)) return name
    say(`connecting ${count.toLocaleString('en')} people to ${ids.join(', ')}`)
    await databases.prepare(name, undefined, async (database, url) => {
      await migrateAll(url)
      await connectSeats(database, vault, simulator, { channels, people: count, hosts })
    })
    seats.add(name)
    return name
  }

  return { people, connected, seated }
}
