import { readFile } from 'node:fs/promises'
import t from 'tap'
import { Carillon } from '../../src/index.ts'

/** Operations without a method, each with the reason. Add a method for every other operation that a site may call. */
const leftOut: Record<string, string> = {
  getStatus: 'for operators, who use `carillon status`'
}

interface Contract { paths: Record<string, Record<string, { operationId?: string }>> }
type Method = (...args: unknown[]) => unknown

const { paths }: Contract = JSON.parse(await readFile(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8'))
const operations = Object.entries(paths).flatMap(([template, methods]) => {
  const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`)
  return Object.entries(methods).flatMap(([method, { operationId }]) =>
    operationId === undefined ? [] : [{ operationId, method: method.toUpperCase(), template, pattern }])
})

/** The operation of a request. `/v1/events/stream` is none of `/v1/events/{id}`. */
function operationOf (method: string, path: string): string | undefined {
  const found = operations.filter((one) => one.method === method && one.pattern.test(path))
  return (found.find(({ template }) => template === path) ?? found[0])?.operationId
}

/** Calls a method with texts, and reads a list or a stream once. */
async function call (method: Method, args: unknown[]): Promise<void> {
  const result = method(...args)
  if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) {
    for await (const item of result as AsyncIterable<unknown>) t.comment(item)
  } else await result
}

t.test('every operation of the contract that sites call has a method', async (t) => {
  const called = new Set<string>()
  const carillon = new Carillon({
    apiKey: 'ck_1',
    baseUrl: 'https://notify.site.example',
    fetch: async ({ method, url, headers }) => {
      const { pathname } = new URL(url)
      const operation = operationOf(method, pathname)
      if (operation === undefined) t.fail(`${method} ${pathname} is no operation of the contract`)
      else called.add(operation)
      return headers.get('accept') === 'text/event-stream' ? new Response(null, { status: 204 }) : Response.json({ data: [], nextCursor: null })
    }
  })
  for (const resource of Object.values(carillon) as Array<Record<string, Method>>) {
    for (const [name, method] of Object.entries(resource)) {
      if (name !== 'request') await call(method, ['a', name.toLowerCase().includes('insights') ? { provider: 'b', name: 'c' } : 'b'])
    }
  }
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) await carillon.connections.request('a', 'users', { method })

  t.same(operations.map(({ operationId }) => operationId).filter((id) => !called.has(id)).sort(), Object.keys(leftOut).sort())
})
