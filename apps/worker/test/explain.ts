import type { Database } from '@carillon/shared/db'

type Sql = Database['sql']

/**
 * A database that runs EXPLAIN with these options before each statement. `plans` contains the lines in the order of the
 * statements.
 */
export function explaining (database: Database, options = 'costs off'): { database: Database, plans: string[][] } {
  const plans: string[][] = []

  function explained<Some extends Sql> (sql: Some): Some {
    return new Proxy(sql, {
      apply: (target, self, args: [unknown, ...unknown[]]) => {
        const build = () => Reflect.apply(target, self, args)
        const query: ReturnType<Sql> = build()
        // Fragments are never awaited, so they are not explained.
        if (!isTemplate(args[0])) return query
        const run = query.then.bind(query)
        query.then = (...then) => explain(sql, build()).then(() => run(...then))
        return query
      },
      get: (target, name) => name === 'begin'
        ? (work: (sql: Sql) => Promise<unknown>) => target.begin((sql) => work(explained(sql as unknown as Sql)))
        : Reflect.get(target, name)
    })
  }

  async function explain (sql: Sql, statement: ReturnType<Sql>): Promise<void> {
    const rows = await sql<Array<{ 'QUERY PLAN': string }>>`explain (${sql.unsafe(options)}) ${statement}`
    plans.push(rows.map((row) => row['QUERY PLAN']))
  }

  return { database: { ...database, sql: explained(database.sql) }, plans }
}

function isTemplate (value: unknown): boolean {
  return Array.isArray(value) && 'raw' in value
}
