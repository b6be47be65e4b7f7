import pg from 'pg'
import type { Sql } from 'postgres'

/** The ids of element types and of their array types, which are the same in every PostgreSQL. */
const arrayTypes: Array<[element: number, array: number]> = [
  [16, 1000], // boolean
  [19, 1003], // name, of the catalog
  [20, 1016], // bigint
  [21, 1005], // smallint
  [23, 1007], // integer
  [25, 1009], // text
  [701, 1022], // double precision
  [1043, 1015], // varchar
  [1082, 1182], // date
  [1114, 1115], // timestamp
  [1184, 1185], // timestamptz
  [1700, 1231], // numeric
  [2950, 2951] // uuid
]

/** Typed as a `number`, because pg's types do not list array types. */
const textArrayId: number = 1009
const readTexts: (text: string) => unknown[] = pg.types.getTypeParser(textArrayId)

/**
 * Adds the array types that Carillon uses to postgres.js. By default, postgres.js queries them on each new connection and does
 * not await the query. If that connection is lost, the unhandled rejection ends the process.
 */
export function addArrayTypes ({ options: { parsers, serializers } }: Pick<Sql, 'options'>): void {
  for (const [element, array] of arrayTypes) {
    const parse = parsers[element] ?? String
    const serialize = serializers[element] ?? String
    parsers[array] ??= (text: string) => parseElements(readTexts(text), parse)
    // drizzle passes arrays that it has already formatted.
    serializers[array] ??= (value: unknown) => Array.isArray(value) ? formatArray(value, serialize) : value
  }
}

function parseElements (elements: unknown[], parse: (text: string) => unknown): unknown[] {
  return elements.map((element) => {
    if (element === null) return null
    return Array.isArray(element) ? parseElements(element, parse) : parse(String(element))
  })
}

function formatArray (values: unknown[], serialize: (value: unknown) => unknown): string {
  const elements = values.map((value) => {
    if (value === undefined) throw new TypeError('An array for PostgreSQL has an undefined element')
    if (value === null) return 'null'
    if (Array.isArray(value)) return formatArray(value, serialize)
    const text = String(serialize(value))
    return `"${/[\\"]/.test(text) ? text.replace(/[\\"]/g, '\\$&') : text}"`
  })
  return `{${elements.join(',')}}`
}
