import type { CommandContext } from '../command-context.ts'

interface Listing<Item> {
  json: boolean
  /** The header, and one line for each item. */
  table: (items: Item[]) => string[]
  /** What to print if there are none. */
  none: string
}

/**
 * Prints one page at a time, because all items may not fit into memory: a table, or a JSON array with one item on each line.
 * Returns whether there are more items.
 */
export async function printPages<Item> (
  print: CommandContext['print'], pages: AsyncGenerator<Item[], boolean>, { json, table, none }: Listing<Item>
): Promise<boolean> {
  let printed = 0
  let page = await pages.next()
  for (; page.done !== true; page = await pages.next()) {
    const items = page.value
    if (items.length === 0) continue
    const lines = json ? items.map((item, index) => `${printed + index === 0 ? '[' : ','}${JSON.stringify(item)}`) : table(items).slice(printed === 0 ? 0 : 1)
    for (const line of lines) print(line)
    printed += items.length
  }
  if (json) print(printed === 0 ? '[]' : ']')
  else if (printed === 0) print(none)
  return page.value
}
