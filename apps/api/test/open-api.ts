import { openSandbox } from '@carillon/sandbox'
import { loadDeployment, publicUrl } from '@carillon/shared/config'
import { createApiKey } from '@carillon/shared/api-keys'
import { scopes } from '@carillon/shared/db'
import type { Database, Scope } from '@carillon/shared/db'
import { createLog } from '@carillon/shared/log'
import { createRuntime } from '@carillon/shared/runtime'
import { backends, testKeys } from '@carillon/testing'
import type { Test } from 'tap'
import { request } from 'undici'
import { buildApp } from '../src/app.ts'
import { createServices } from '../src/create-services.ts'
import { holdPort } from '../src/hold-port.ts'
import type { Services } from '../src/services.ts'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** The parsed JSON, or the text of another type. */
  body: unknown
}

export interface Asked {
  token?: string | undefined
  body?: unknown
  headers?: Record<string, string>
}

export interface TestApi {
  url: string
  sandboxUrl: string
  /** `HOST:PORT` of the pump.io simulator. */
  pumpioHost: string
  database: Database
  services: Services
  /** Every line that the server has logged. */
  logLines: string[]
  /** Advances the server's clock. */
  advance: (milliseconds: number) => void
  /** Creates a key with these scopes. Defaults to all. */
  makeKey: (...scopes: Scope[]) => Promise<string>
  /** A user's token, issued through the API. */
  makeUser: (userId: string, displayName?: string, teamId?: string) => Promise<string>
  ask: (method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT' | 'OPTIONS' | 'HEAD', path: string, asked?: Asked) => Promise<Answer>
  close: () => Promise<void>
  /** The sandbox's control API. */
  control: (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => Promise<unknown>
}

export interface TestApiOptions {
  backend?: 'postgres' | 'redis'
  allowedOrigins?: string[]
  /** Replaces some of the server's services. */
  change?: (services: Services) => Partial<Services>
  keys?: string
  /** The offered providers. Defaults to Pushbullet. */
  offer?: string[]
  /** More variables. */
  environment?: Record<string, string>
}

/** The server on its own port, with its own database and a sandbox. */
export async function openTestApi (t: Test, options: TestApiOptions = {}): Promise<TestApi> {
  const backend = (await backends()).find(({ kind }) => kind === (options.backend ?? 'postgres'))
  if (backend === undefined) throw new Error('there is no such backend')
  const env = await backend.open(t)
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const logLines: string[] = []
  const log = createLog({ name: 'api', level: 'trace', destination: { write: (line) => { logLines.push(line) } } })
  const { port, release } = await holdPort('127.0.0.1')
  t.teardown(release)
  const { config, definitions } = loadDeployment({
    ...env,
    CARILLON_KEYS: options.keys ?? testKeys(),
    PORT: String(port),
    SITE_NAME: 'Bell & Sons',
    ALLOWED_ORIGINS: (options.allowedOrigins ?? ['https://site.example']).join(','),
    ACCEPT_MAX_WAITING: '1000000',
    ...sandbox.environment(...options.offer ?? ['pushbullet']),
    ...options.offer?.includes('pumpio') && { PUMPIO_CLIENT_NAME: 'Bell & Sons' },
    FACEBOOK_SCOPE: 'public_profile,ads_read',
    ...options.environment
  }, ['DATABASE_URL', 'CARILLON_KEYS'])
  let aheadMs = 0
  const runtime = createRuntime(config, { log, definitions, now: () => Date.now() + aheadMs })
  t.teardown(() => runtime.close())
  const url = publicUrl(config)
  const services = createServices(runtime, url)
  t.teardown(() => services.accepter.close())
  const changed: Services = { ...services, ...options.change?.(services) }
  const app = await buildApp(changed)
  await app.ready()
  await release()
  await app.listen({ port, host: '127.0.0.1' })
  t.teardown(() => app.close())

  const makeKey = async (...wanted: Scope[]) => {
    const { key } = await createApiKey(runtime.database, { name: 'test', scopes: wanted.length === 0 ? [...scopes] : wanted })
    return key
  }
  const ask: TestApi['ask'] = (method, path, asked) => askJson(method, `${url}${path}`, asked)
  let operator: string | undefined
  return {
    url,
    sandboxUrl: sandbox.url,
    pumpioHost: new URL(sandbox.urlOf('pumpio')).host,
    database: runtime.database,
    services: changed,
    logLines,
    advance: (milliseconds) => { aheadMs += milliseconds },
    makeKey,
    makeUser: async (userId, displayName, teamId) => {
      operator ??= await makeKey()
      const { status, body } = await ask('POST', '/v1/user-tokens', { token: operator, body: { userId, displayName, teamId } })
      if (status !== 201) throw new Error(`no token: ${JSON.stringify(body)}`)
      return textAt(body, 'token')
    },
    ask,
    close: () => app.close(),
    control: async (method, path, body) => {
      const answer = await askJson(method, `${sandbox.url}/_control${path}`, body === undefined ? {} : { body })
      if (answer.status >= 400) throw new Error(`control ${path}: ${JSON.stringify(answer.body)}`)
      return answer.body
    }
  }
}

async function askJson (method: Parameters<TestApi['ask']>[0], url: string, { token, body, headers = {} }: Asked = {}): Promise<Answer> {
  const answer = await request(url, {
    method,
    headers: {
      ...token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...body === undefined ? {} : { 'content-type': 'application/json' },
      ...headers
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
  })
  const text = await answer.body.text()
  return { status: answer.statusCode, headers: answer.headers, body: parse(text) }
}

/** The value at a path such as `data.0.id`. */
export function at (value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => Object.entries(inner ?? {}).find(([key]) => key === name)?.[1], value)
}

export function textAt (value: unknown, path: string): string {
  const found = at(value, path)
  if (typeof found !== 'string') throw new Error(`no text at ${path} of ${JSON.stringify(value)}`)
  return found
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
