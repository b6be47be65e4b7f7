import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { openServers } from '../servers.ts'
import type { Servers } from '../servers.ts'
import { listMutations } from './list-mutations.ts'
import { openCopy } from './open-copy.ts'
import type { Copy } from './open-copy.ts'
import { runMutation, runTest } from './run-mutation.ts'
import type { MutationResult } from './run-mutation.ts'
import { scoreOf, showResults } from './show-results.ts'
import type { Mutation } from './target.ts'
import { targets } from './targets/index.ts'

const help = `npm run mutate -- [options]

Breaks critical lines one at a time, in a copy of the repository, and runs the tests that must notice.

  --only <text>    only mutations whose file or name contains this text
  --list           print the mutations, and run nothing
  --check          only check that every entry still fits the sources
  --jobs <count>   copies at a time (2)
  --limit <s>      seconds that a test file may take (120)
  --json <path>    write the results to this file, and leave out those that it holds already
  --help

The exit code is 1 when more than 3 % survive without a reason, when an entry is stale, or when a test fails without a mutation.`

const maxSurvivingShare = 0.03
const root = fileURLToPath(new URL('../../../..', import.meta.url))

process.exitCode = await main()

async function main (): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      list: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '2' },
      limit: { type: 'string', default: '120' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) {
    console.log(help)
    return 0
  }
  const { mutations, stale } = await listMutations(root, targets)
  for (const line of stale) console.error(line)
  if (stale.length > 0) return 1
  const chosen = mutations.filter(({ file, name }) => `${file} ${name}`.includes(values.only))
  if (values.check) console.log(`${mutations.length} mutations fit the sources`)
  if (values.list) for (const { file, name } of chosen) console.log(`${file}: ${name}`)
  if (values.check || values.list) return 0

  const results = await runAll(chosen, { jobs: Number(values.jobs), limitMs: Number(values.limit) * 1000, path: values.json })
  if (results === undefined) return 1
  const score = scoreOf(results)
  console.log(`\n${showResults(results)}\n`)
  console.log(`${score.total} mutations, ${score.killed} noticed, ${score.equivalent} equivalent, ${score.survived} survived ` +
    `(${(score.share * 100).toFixed(1)} %)`)
  return score.share > maxSurvivingShare ? 1 : 0
}

interface RunOptions {
  jobs: number
  limitMs: number
  path: string | undefined
}

/** Undefined when the tests do not pass as they are. */
async function runAll (chosen: Mutation[], { jobs, limitMs, path }: RunOptions): Promise<MutationResult[] | undefined> {
  const known = path === undefined ? [] : await readResults(path, chosen)
  const isKnown = new Set(known.map(({ mutation }) => keyOf(mutation)))
  const waiting = chosen.filter((mutation) => !isKnown.has(keyOf(mutation)))
  const results = [...known]
  const servers = await openServers({
    databaseUrl: process.env['TEST_DATABASE_URL'], redisUrl: process.env['REDIS_URL'], requireRedis: true
  })
  const copies: Copy[] = []
  try {
    for (let job = 0; job < jobs; job++) copies.push(await openCopy(root))
    const tests = [...new Set(waiting.flatMap(({ tests }) => tests))]
    const failing = await inParallel(tests, copies, async (test, copy) => {
      const { ok, output } = await runTest(test, { copy, servers, limitMs })
      return ok ? [] : [`${test} fails without a mutation:\n${output}`]
    })
    for (const line of failing) console.error(line)
    if (failing.length > 0) return undefined

    await inParallel(waiting, copies, async (mutation, copy) => {
      const source = await readFile(join(root, mutation.file), 'utf8')
      const result = await runMutation(mutation, { copy, servers, source, limitMs })
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
    await servers.close()
  }
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
