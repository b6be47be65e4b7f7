import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { Database } from '@carillon/shared/db'
import { listInsights } from '@carillon/shared/pulls'
import type { InsightsFilter, InsightsPlace } from '@carillon/shared/pulls'

const columns = ['account', 'accountName', 'currency', 'day', 'impressions', 'clicks', 'spend']
const rowsAtOnce = 1_000

/** All rows that the filter means, as RFC 4180 has it, with a line of names in front. As much is read as the reader takes. */
export function insightsCsv (database: Database, filter: InsightsFilter): Readable {
  return Readable.from(lines(database, filter), { objectMode: false })
}

async function * lines (database: Database, filter: InsightsFilter): AsyncGenerator<string> {
  yield stringify([columns], { record_delimiter: 'windows' })
  for (let after: InsightsPlace | undefined; ;) {
    const rows = await listInsights(database, filter, { limit: rowsAtOnce, after })
    const shown = rows.map((row) => ({ ...row, accountName: asText(row.accountName) }))
    if (rows.length > 0) yield stringify(shown, { columns, record_delimiter: 'windows' })
    if (rows.length < rowsAtOnce) return
    after = rows.at(-1)
  }
}

/** Whoever names an ad account must not have a spreadsheet calculate for them. Numbers are told as they are. */
function asText (name: string): string {
  return /^[=+\-@\t\r]/.test(name) ? `'${name}` : name
}
