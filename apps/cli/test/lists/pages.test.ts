import t from 'tap'
import { printPages } from '../../src/lists/print-pages.ts'
import { readPages } from '../../src/lists/read-pages.ts'

/** A list of these pages. The cursor of a page is its position. */
function openList (...pages: number[][]) {
  const paths: string[] = []
  const get = async (path: string) => {
    paths.push(path)
    const index = Number(new URL(path, 'http://localhost').searchParams.get('cursor') ?? 0)
    return { data: pages[index], nextCursor: index + 1 < pages.length ? String(index + 1) : null }
  }
  return { paths, read: (query: Record<string, string | undefined>, limit: number) => readPages<number>({ get }, '/v1/items', query, limit) }
}

async function print (pages: AsyncGenerator<number[], boolean>, json = false) {
  const lines: string[] = []
  const table = (items: number[]) => ['NUMBER', ...items.map(String)]
  const hasMore = await printPages((line) => { lines.push(line) }, pages, { json, table, none: 'There are none.' })
  return { hasMore, lines }
}

t.test('reads pages up to the limit, and continues after an empty one', async (t) => {
  const { paths, read } = openList([1, 2], [], [3])
  t.same(await print(read({ status: 'a b', provider: undefined }, 200)), { hasMore: false, lines: ['NUMBER', '1', '2', '3'] })
  t.same(paths, ['/v1/items?limit=200&status=a+b', '/v1/items?limit=198&status=a+b&cursor=1', '/v1/items?limit=198&status=a+b&cursor=2'])
  t.same(await print(openList([1, 2], [3]).read({}, 2)), { hasMore: true, lines: ['NUMBER', '1', '2'] })
  t.same(await print(openList([1, 2]).read({}, 2)), { hasMore: false, lines: ['NUMBER', '1', '2'] })
})

t.test('prints a JSON array with one item on each line', async (t) => {
  t.same((await print(openList([], [1, 2], [3]).read({}, Infinity), true)).lines, ['[1', ',2', ',3', ']'])
  t.same((await print(openList([]).read({}, 5), true)).lines, ['[]'])
})

t.test('says that there are none', async (t) => {
  t.same((await print(openList([], []).read({}, 5))).lines, ['There are none.'])
})
