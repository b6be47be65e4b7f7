import type { Database } from './database.ts'

/** A page of a list in the order of the site's own ids. */
export interface SiteIdPage {
  /** Only ids that begin with this text. */
  prefix?: string | undefined
  /** Only ids after this one. */
  after?: string | undefined
  limit: number
}

/** U+10FFFF, which is no character of any text. */
const lastCharacter = '\u{10FFFF}'

/** Conditions for `external_id`, which an index in the order of bytes serves: one prefix is a range of it. */
export function siteIdConditions (sql: Database['sql'], { prefix, after }: Pick<SiteIdPage, 'prefix' | 'after'>) {
  return sql`
    ${after === undefined ? sql`` : sql`and external_id collate "C" > ${after}`}
    ${prefix === undefined ? sql`` : sql`and external_id collate "C" between ${prefix} and ${prefix + lastCharacter}`}`
}
