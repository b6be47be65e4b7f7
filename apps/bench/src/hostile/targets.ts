import { request } from 'undici'

/** A route, with a valid path. */
export interface Target {
  method: string
  path: string
  /** The fields of its body, if it has one. */
  properties: string[]
}

interface Operation {
  requestBody?: { content?: Record<string, { schema?: { properties?: object } }> }
}

const id = '01890000-0000-7000-8000-000000000000'
const values: Record<string, string> = {
  '/connections/{id}': `con_${id}`,
  '/notifications/{id}': `ntf_${id}`,
  '/handshakes/{id}': `hsk_${id}`,
  '{connectionId}': `con_${id}`,
  '/events/{id}': `evt_${id}`,
  '/endpoints/{id}': `end_${id}`,
  '/api-keys/{id}': `key_${id}`
}
/** Requests outside the contract: pages, and paths without a route. */
const others = [
  'GET /', 'GET /healthz', 'POST /healthz', 'GET /docs', 'GET /docs/', 'GET /openapi.json', 'GET /problems', 'GET /connect', 'POST /connect',
  'GET /connect/pushbullet/start', 'POST /connect/pushbullet/start', 'POST /connect/pushbullet/again', 'GET /connect/pushbullet/callback',
  'GET /connect/nowhere', 'POST /connect/nowhere', 'GET /nowhere', 'POST /nowhere', 'DELETE /nowhere', 'POST /v1/nowhere', 'PUT /v1/user-tokens',
  'OPTIONS /v1/notifications', 'OPTIONS /nowhere', `POST /v1/${'x/'.repeat(3_000)}`, `GET /v1/connections/${'x'.repeat(6_000)}`
]

/** Finds every route of the contract that the API serves, and adds the other requests. */
export async function findTargets (apiUrl: string): Promise<Target[]> {
  const { body } = await request(`${apiUrl}/openapi.json`)
  const { paths } = await body.json() as { paths: Record<string, Record<string, Operation>> } // our own document
  const described = Object.entries(paths).flatMap(([path, operations]) => {
    return Object.entries(operations).map(([method, { requestBody }]) => ({
      method: method.toUpperCase(),
      path: fillIn(path),
      properties: Object.keys(requestBody?.content?.['application/json']?.schema?.properties ?? {})
    }))
  })
  return [...described, ...others.map((line) => {
    const [method = '', path = ''] = line.split(' ')
    return { method, path, properties: [] }
  })]
}

function fillIn (template: string): string {
  const path = Object.entries(values).reduce((text, [part, value]) => text.replace(part, part.replace(/\{\w+\}/, value)), template)
  return path.replace('{*}', 'v2/me').replace('{path}', 'v2/me').replace(/\{\w+\}/g, 'x')
}
