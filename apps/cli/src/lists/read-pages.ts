import type { ApiClient } from '../api-client.ts'

interface Page<Item> {
  data: Item[]
  nextCursor: string | null
}

const maxPerPage = 200

/**
 * The pages of a list, up to `limit` items. A page may be empty, although it is not the last one. Returns whether there are
 * more items.
 */
export async function * readPages<Item> (
  api: Pick<ApiClient, 'get'>, path: string, query: Record<string, string | undefined>, limit: number
): AsyncGenerator<Item[], boolean> {
  let left = limit
  let cursor: string | null = null
  do {
    const parameters = new URLSearchParams({ limit: String(Math.min(left, maxPerPage)) })
    for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value)
    if (cursor !== null) parameters.set('cursor', cursor)
    const page = await api.get(`${path}?${parameters}`) as Page<Item>
    yield page.data
    left -= page.data.length
    cursor = page.nextCursor
  } while (cursor !== null && left > 0)
  return cursor !== null
}
