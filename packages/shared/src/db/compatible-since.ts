import type { MigrationMeta } from 'drizzle-orm/migrator'

/**
 * The creation time of the oldest migration whose code works with the newest tables, because all later migrations only add to
 * them. Processes of that code may start again during an upgrade.
 */
export function compatibleSince (migrations: MigrationMeta[]): number {
  const newestFirst = [...migrations].sort((one, other) => other.folderMillis - one.folderMillis)
  const found = newestFirst.find(({ sql }) => !onlyAdds(sql)) ?? newestFirst.at(-1)
  return found?.folderMillis ?? 0
}

/** Statements that older code cannot notice. Any other one counts as a change. */
const createTable = /^create table "?(?<table>\w+)"? \(/
const additions = [
  createTable,
  /^create index /,
  /^alter table "?\w+"? add column "?\w+"? (?!.* not null)(?!.* generated)/,
  /^alter table "?\w+"? add column "?\w+"? .* default .* not null$/
]
/** Older code does not use a table that the same migration creates. In other tables, a constraint may refuse its rows. */
const ofNewTables = [
  /^(?:alter table|create unique index "?\w+"? on) "?(?<table>\w+)"? (?:add constraint|using) /,
  /^insert into "?(?<table>\w+)"? /
]

function onlyAdds (statements: string[]): boolean {
  const texts = statements.map((text) => text.replace(/--.*$/gm, '').replace(/\s+/g, ' ').trim().replace(/;$/, '').toLowerCase())
  const created = texts.flatMap((text) => createTable.exec(text)?.groups?.['table'] ?? [])
  return texts.every((text) => {
    const table = ofNewTables.map((pattern) => pattern.exec(text)?.groups?.['table']).find((found) => found !== undefined)
    const isAddition = table === undefined ? additions.some((addition) => addition.test(text)) : created.includes(table)
    return text === '' || (isAddition && !text.includes(';'))
  })
}
