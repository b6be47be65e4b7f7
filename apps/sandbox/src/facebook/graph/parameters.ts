import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Bodies stay text: what is in them is a parameter like any in the query. */
export function keepBodiesAsText (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => { done(null, text) })
}

/** What a call says, in its query or in its body, which is a form or JSON. Of one that comes twice `get` gives the first. */
export function parametersOf (request: FastifyRequest): URLSearchParams {
  const { url, body, headers } = request
  const query = url.indexOf('?')
  const parameters = new URLSearchParams(query === -1 ? '' : url.slice(query))
  if (typeof body !== 'string') return parameters
  const isJson = (headers['content-type'] ?? '').startsWith('application/json')
  for (const [name, value] of isJson ? membersOf(body) : new URLSearchParams(body)) parameters.append(name, value)
  return parameters
}

function membersOf (json: string): Array<[string, string]> {
  try {
    const members: unknown = JSON.parse(json)
    if (typeof members !== 'object' || members === null) return []
    return Object.entries(members).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
  } catch {
    return []
  }
}
