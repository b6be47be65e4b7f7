import type { Command } from 'commander'
import { openApiClient } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'
import { wholeNumber } from '../whole-number.ts'
import { printPages } from './print-pages.ts'
import { readPages } from './read-pages.ts'

export interface ListOptions {
  limit?: number
  all?: true
  json?: true
}

const defaultLimit = 50

export function addListOptions (command: Command): Command {
  return command
    .option('--limit <number>', `how many at most (${defaultLimit})`, wholeNumber(1, 10_000_000))
    .option('--all', 'list all of them')
    .option('--json', 'print a JSON array, with one item on each line')
}

interface List<Item> {
  path: string
  query: Record<string, string | undefined>
  table: (items: Item[]) => string[]
  /** What the list contains, such as `users`. */
  noun: string
}

/** Prints a list of the API, and says if it has more items than the options allow. */
export async function printList<Item> (
  { env, print, terminal: { output } }: CommandContext, { limit = defaultLimit, all, json }: ListOptions,
  { path, query, table, noun }: List<Item>
): Promise<void> {
  const pages = readPages<Item>(await openApiClient(env), path, query, all === true ? Infinity : limit)
  const hasMore = await printPages(print, pages, { json: json === true, table, none: `There are no such ${noun}.` })
  if (hasMore) output.write(`There are more ${noun}: --all lists them.\n`)
}
