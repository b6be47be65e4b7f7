import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { openServers } from '../servers.ts'
import type { Servers } from '../servers.ts'
import { openCopy } from './open-copy.ts'
import type { Copy } from './open-copy.ts'
import { runMutation, runTest } from './run-mutation.ts'
import type { MutationResult } from './run-mutation.ts'
import type { Mutation } from './target.ts'

export interface RunOptions {
  /** Copies at a time. */
  jobs: number
  /** A file that keeps the results. */
  path: string | undefined
  /** Runs those again that survived according to that file. */
  again: boolean
}

/** What a test file may take without a mutation. */
const longestTestMs = 300_000

/** Undefined when the tests do not pass as they are. */
export async function runAll (
  root: string, chosen: Mutation[], { jobs, path, again }: RunOptions
): Promise<MutationResult[] | undefined> {
  const results = (path === undefined ? [] : await readResults(path, chosen)).filter(({ verdict }) => !again || verdict !== 'survived')
  const isKnown = new Set(results.map(({ mutation }) => keyOf(mutation)))
  // Every second one first, so that a run that ends early has seen all files.
  const waiting = [...chosen.filter((_, index) => index % 2 === 0), ...chosen.filter((_, index) => index % 2 === 1)]
    .filter((mutation) => !isKnown.has(keyOf(mutation)))
  const servers = await openServers({
    databaseUrl: process.env['TEST_DATABASE_URL'], redisUrl: process.env['REDIS_URL'], requireRedis: true
  })
  const copies: Copy[] = []
  const compileCache = await mkdtemp(join(tmpdir(), 'carillon-mutate-cache-'))
  try {
    for (let job = 0; job < jobs; job++) copies.push(await openCopy(root))
    const limits = new Map<string, number>()
    const failing = await inParallel([...new Set(waiting.flatMap(({ tests }) => tests))], copies, async (test, copy) => {
      const startedAt = performance.now()
      const { ok, output } = await runTest(test, { copy, servers, compileCache, limitMs: longestTestMs })
      limits.set(test, limitFor(performance.now() - startedAt))
      return ok ? [] : [`${test} fails without a mutation:\n${output}`]
    })
    for (const line of failing) console.error(line)
    if (failing.length > 0) return undefined

    await inParallel(waiting, copies, async (mutation, copy) => {
      const source = await readFile(join(root, mutation.file), 'utf8')
      const result = await runMutation(mutation, {
        copy, servers, compileCache, source, limitFor: (test) => limits.get(test) ?? longestTestMs
      })
      results.push(result)
      const { verdict, seconds } = result
      console.error(`${results.length}/${chosen.length} ${verdict} (${seconds.toFixed(0)} s) ${keyOf(mutation)}`)
      const rows = results.map((one) => ({ ...one, mutation: keyOf(one.mutation) }))
      if (path !== undefined) await writeFile(path, JSON.stringify(rows))
      if (results.length % 10 === 0) await dropDatabases(servers)
      return []
    })
    return results
  } finally {
    for (const copy of copies) await copy.close()
    await rm(compileCache, { recursive: true, force: true })
    await servers.close()
  }
}

/** A test that takes longer with a mutation than this hangs. */
function limitFor (unmutatedMs: number): number {
  return Math.min(5 * unmutatedMs + 10_000, longestTestMs)
}

/** Gives each copy one item after the other. */
async function inParallel<Item, Result> (
  items: Item[], copies: Copy[], work: (item: Item, copy: Copy) => Promise<Result[]>
): Promise<Result[]> {
  const queue = items.values()
  const results: Result[] = []
  await Promise.all(copies.map(async (copy) => {
    for (const item of queue) results.push(...await work(item, copy))
  }))
  return results
}

/** A test that failed leaves its database. Those that have been idle for a while are of no use to anybody. */
async function dropDatabases ({ databaseUrl }: Servers): Promise<void> {
  if (process.env['TEST_DATABASE_URL']) return // what is on it is not ours
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

async function readResults (path: string, mutations: Mutation[]): Promise<MutationResult[]> {
  const text = await readFile(path, 'utf8').catch(() => '[]')
  const rows: Array<Omit<MutationResult, 'mutation'> & { mutation: string }> = JSON.parse(text)
  return rows.flatMap((row) => {
    const mutation = mutations.find((one) => keyOf(one) === row.mutation)
    return mutation === undefined ? [] : [{ ...row, mutation }]
  })
}
