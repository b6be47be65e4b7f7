import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { openServers } from '../stores/servers.ts'
import type { Servers } from '../stores/servers.ts'
import { openCopy } from './open-copy.ts'
import type { Copy } from './open-copy.ts'
import { runMutation, runTest } from './run-mutation.ts'
import type { Environment, MutationResult } from './run-mutation.ts'
import type { Mutation } from './target.ts'

export interface RunOptions {
  /** The number of concurrent copies. */
  jobs: number
  /** A file that stores the results. */
  path: string | undefined
  /** Runs only mutations that survived according to that file. */
  again: boolean
}

/** How long a test file may take without a mutation. */
const longestTestMs = 300_000

/**
 * Runs the `chosen` ones of all `mutations`. The file keeps the results of the others. Rejects when a test fails without a
 * mutation.
 */
export async function runAll (
  root: string, { mutations, chosen }: { mutations: Mutation[], chosen: Mutation[] }, { jobs, path, again }: RunOptions
): Promise<MutationResult[]> {
  const stored = path === undefined ? [] : await readResults(path, mutations)
  const known = stored.filter(({ mutation }) => chosen.includes(mutation))
  const others = stored.filter(({ mutation }) => !chosen.includes(mutation))
  const statuses = new Map(known.map(({ mutation, status }) => [mutation, status]))
  const queue = chosen.filter((mutation) => statuses.get(mutation) === (again ? 'survived' : undefined)).values()
  const results = known.filter(({ status }) => !again || status !== 'survived')
  const servers = await openServers({
    databaseUrl: process.env['TEST_DATABASE_URL'], redisUrl: process.env['REDIS_URL'], requireRedis: true
  })
  const copies: Copy[] = []
  const compileCache = await mkdtemp(join(tmpdir(), 'carillon-mutate-cache-'))
  try {
    const unmutated = await openCopy(root)
    copies.push(unmutated)
    for (let job = 0; job < jobs; job++) copies.push(await openCopy(root))
    const limits = new Map<string, Promise<number>>()
    /** Runs the test without a mutation before its first use. */
    const limitFor = (test: string): Promise<number> => {
      const limit = limits.get(test) ?? measure(test, { copy: unmutated, servers, compileCache })
      limits.set(test, limit)
      return limit
    }
    await Promise.all(copies.slice(1).map(async (copy) => {
      for (const mutation of queue) {
        const source = await readFile(join(root, mutation.file), 'utf8')
        results.push(await runMutation(mutation, { copy, servers, compileCache, source, limitFor }))
        report(results, chosen.length)
        if (path !== undefined) await writeResults(path, [...others, ...results])
        if (results.length % 10 === 0) await dropDatabases(servers)
      }
    }))
    return results
  } finally {
    for (const copy of copies) await copy.close()
    await rm(compileCache, { recursive: true, force: true })
    await servers.close()
  }
}

/** How long a test may take with a mutation. Longer tests count as hanging. Rejects when the test fails without a mutation. */
async function measure (test: string, environment: Environment): Promise<number> {
  const startedAt = performance.now()
  const { ok, output } = await runTest(test, { ...environment, limitMs: longestTestMs })
  if (!ok) throw new Error(`${test} fails without a mutation:\n${output}`)
  return Math.min(5 * (performance.now() - startedAt) + 10_000, longestTestMs)
}

function report (results: MutationResult[], count: number): void {
  const last = results.at(-1)
  if (last !== undefined) console.error(`${results.length}/${count} ${last.status} (${last.seconds.toFixed(0)} s) ${keyOf(last.mutation)}`)
}

/** Drops databases of failed tests that have been idle for a while. */
async function dropDatabases ({ databaseUrl }: Servers): Promise<void> {
  if (process.env['TEST_DATABASE_URL']) return // other databases on this server do not belong to the tests
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  const idle = await sql<Array<{ name: string }>>`
    select datname as name from pg_database
    where datname like 'carillon_test_%' and not exists (select from pg_stat_activity where pg_stat_activity.datname = pg_database.datname)
      and (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '5 minutes'`
  for (const { name } of idle) await sql`drop database if exists ${sql(name)}`.catch(() => {})
  await sql.end()
}

function keyOf ({ file, name }: Mutation): string {
  return `${file}: ${name}`
}

async function writeResults (path: string, results: MutationResult[]): Promise<void> {
  await writeFile(path, JSON.stringify(results.map((one) => ({ ...one, mutation: keyOf(one.mutation) }))))
}

async function readResults (path: string, mutations: Mutation[]): Promise<MutationResult[]> {
  const text = await readFile(path, 'utf8').catch(() => '[]')
  const rows: Array<Omit<MutationResult, 'mutation'> & { mutation: string }> = JSON.parse(text)
  return rows.flatMap((row) => {
    const mutation = mutations.find((one) => keyOf(one) === row.mutation)
    return mutation === undefined ? [] : [{ ...row, mutation }]
  })
}
