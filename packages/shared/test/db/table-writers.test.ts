import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
/** The only folder of packages/shared/src that writes each table. */
const writers: Record<string, string> = {
  deliveries: 'deliveries',
  provider_hosts: 'throttling',
  host_paces: 'throttling',
  outgoing_budgets: 'throttling',
  workers: 'workers',
  audit_entries: 'audit',
  encryption_keys: 'encryption-keys',
  endpoints: 'endpoints',
  endpoint_deliveries: 'endpoints',
  endpoint_attempts: 'endpoints',
  pulls: 'pulls',
  ad_accounts: 'pulls',
  insights: 'pulls'
}
/** The names of the tables in drizzle. */
const models: Record<string, string> = {
  deliveries: 'deliveries',
  providerHosts: 'provider_hosts',
  hostPaces: 'host_paces',
  outgoingBudgets: 'outgoing_budgets',
  encryptionKeys: 'encryption_keys',
  workers: 'workers',
  auditEntries: 'audit_entries',
  endpoints: 'endpoints',
  endpointDeliveries: 'endpoint_deliveries',
  endpointAttempts: 'endpoint_attempts',
  pulls: 'pulls',
  adAccounts: 'ad_accounts',
  insights: 'insights'
}

t.test('only one folder writes each of these tables', async (t) => {
  const written = new Set<string>()
  for (const path of await listSources()) {
    for (const table of writtenTables(await readFile(`${root}/${path}`, 'utf8'))) {
      const folder = `packages/shared/src/${writers[table]}/`
      t.ok(path.startsWith(folder), `${path} writes ${table}, which only ${folder} may write`)
      written.add(table)
    }
  }
  t.same([...written].sort(), Object.keys(writers).sort(), 'the check finds the writes to every table')
})

t.test('the check finds every form of a write in SQL and in drizzle', async (t) => {
  const writes = [
    'update deliveries set state = 1', 'INSERT INTO\n  deliveries (id)', 'delete from only deliveries', 'merge into "deliveries" using',
    'update public.deliveries as one', 'truncate deliveries', 'db.update(deliveries).set({})', 'tx.insert( deliveries )', 'db.delete(deliveries)'
  ]
  for (const source of writes) t.same(writtenTables(source), ['deliveries'], source)
  for (const source of ['select * from deliveries for update', 'update connections set', 'delete from deliveries_old', 'new Set(deliveries)']) {
    t.same(writtenTables(source), [], source)
  }
})

function writtenTables (source: string): string[] {
  const statement = /\b(?:update|insert\s+into|delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?(?:"?public"?\.)?"?(\w+)"?/gi
  const call = /\.(?:update|insert|delete)\(\s*(?:\w+\.)?(\w+)\s*\)/g
  const tables = [
    ...[...source.matchAll(statement)].map(([, name = '']) => name),
    ...[...source.matchAll(call)].map(([, name = '']) => models[name] ?? '')
  ]
  return tables.filter((name) => name in writers)
}

/** All sources except the benchmarks, which measure other ways to write. */
async function listSources (): Promise<string[]> {
  const paths: string[] = []
  for (const folder of ['apps', 'packages']) {
    for (const name of await readdir(`${root}/${folder}`)) {
      if (name === 'bench' || name === 'testing') continue
      const files = await readdir(`${root}/${folder}/${name}/src`, { recursive: true }).catch(() => [])
      paths.push(...files.filter((file) => /\.tsx?$/.test(file)).map((file) => `${folder}/${name}/src/${file}`))
    }
  }
  return paths
}
