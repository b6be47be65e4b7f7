export interface Page<Item> {
  data: Item[]
  /** For the next page. Null on the last one. */
  nextCursor: string | null
}

/** A list that requests its pages as you iterate over it: `for await (const item of list)`. */
export interface List<Item> extends AsyncIterable<Item> {
  /** One page: the first one, or the one after `cursor`. */
  page: (cursor?: string | null) => Promise<Page<Item>>
}

/** `readPage` gets the part of the query that selects the page. */
export function createList<Item> (readPage: (position: { cursor?: string }) => Promise<Page<Item>>): List<Item> {
  const page: List<Item>['page'] = async (cursor) => await readPage(typeof cursor === 'string' ? { cursor } : {})
  return {
    page,
    async * [Symbol.asyncIterator] () {
      let next: string | null = null
      do {
        const { data, nextCursor }: Page<Item> = await page(next)
        yield * data
        next = nextCursor
      } while (next !== null)
    }
  }
}
