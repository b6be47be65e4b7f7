import type { Carillon } from './carillon.ts'
import { toUuid } from './carillon.ts'
import type { BenchContext } from './bench-context.ts'

/** Thrown when counts differ: a rate is invalid if deliveries were lost. */
export class CountError extends Error {
  override readonly name = 'CountError'
}

/** The number of rows of the given notifications, or of all, by state. */
export async function countRows ({ database: { sql } }: Carillon, ids?: string[]): Promise<Record<string, number>> {
  const rows = await sql<Array<{ state: string, number: number }>>`
    select state, count(*)::int as number from deliveries
    where ${ids === undefined ? sql`true` : sql`notification_id = any (${ids.map(toUuid)}::uuid[])`} group by state`
  return Object.fromEntries(rows.map(({ state, number }) => [state, number]))
}

/** Checks that the table has exactly these rows, and that the simulator received each guid of the `sent` ones once. */
export async function checkCounts (
  environment: BenchContext, carillon: Carillon, expected: Record<string, number>
): Promise<void> {
  expectSame('deliveries', await countRows(carillon), expected)
  expectSame('guids at the simulator', await environment.simulator.counts(), { distinct: expected['sent'] ?? 0, repeated: 0 })
}

export function expectSame (what: string, found: object, expected: object): void {
  const [have, want] = [found, expected].map((counts) => {
    return JSON.stringify(Object.entries(counts).filter(([, number]) => number !== 0).sort())
  })
  if (have !== want) throw new CountError(`${what}: ${JSON.stringify(found)} where ${JSON.stringify(expected)} were due`)
}
