import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { Database } from '@carillon/shared/db'
import { listInsights } from '@carillon/shared/pulls'
import type { InsightsFilter, InsightsPlace } from '@carillon/shared/pulls'

const columns = ['account', 'accountName', 'currency', 'day', 'impressions', 'clicks', 'spend']
const rowsPerQuery = 1_000

/** All rows of the filter as CSV (RFC 4180) with a header line. Rows are read from the database as the client takes them. */
export function insightsCsv (database: Database, filter: InsightsFilter): Readable {
  return Readable.from(lines(database, filter), { objectMode: false })
}

async function * lines (database: Database, filter: InsightsFilter): AsyncGenerator<string> {
  yield stringify([columns], { record_delimiter: 'windows' })
  for (let after: InsightsPlace | undefined; ;) {
    const rows = await listInsights(database, filter, { limit: rowsPerQuery, after })
    const printable = rows.map((row) => ({ ...row, accountName: asText(row.accountName) }))
    if (rows.length > 0) yield stringify(printable, { columns, record_delimiter: 'windows' })
    if (rows.length < rowsPerQuery) return
    after = rows.at(-1)
  }
}

/** Keeps a spreadsheet from evaluating the name of an ad account as a formula. Numbers stay as they are. */
function asText (name: string): string {
  return /^[=+\-@\t\r]/.test(name) ? `'${name}` : name
}
