import type { Test } from 'tap'
import { openSandbox } from '../../src/index.ts'
import { headerOf, signed } from './sign.ts'
import type { Keys } from './sign.ts'

export interface TestResponse {
  status: number
  type: string | null
  headers: Headers
  text: string
  json: Record<string, unknown>
}

interface PumpCall {
  method?: string
  body?: string | Buffer | object
  headers?: Record<string, string>
  keys?: Keys
  extra?: Record<string, string>
  signatureMethod?: string
}

interface Person {
  account: string
  nickname: string
  keys: Required<Keys>
  /** Sends a signed request. */
  call: (path: string, options?: PumpCall) => Promise<TestResponse>
  /** Posts an activity. Fails the test unless pump.io accepts it. */
  post: (activity: object) => Promise<Record<string, unknown>>
}

export interface TestPump {
  url: string
  host: string
  call: (path: string, options?: PumpCall) => Promise<TestResponse>
  controlUrl: string
  /** Sends a control call with POST. */
  control: (path: string, body?: object) => Promise<TestResponse>
  inbox: (account: string) => Promise<Array<Record<string, unknown>>>
  /** Creates a person who has granted access. */
  join: () => Promise<Person>
  register: (fields?: object) => Promise<Keys>
  requestToken: (keys: Keys, callback?: string) => Promise<{ token: string, secret: string }>
  /** Logs in and authorizes like a person. Returns the verifier from the page. */
  pressAuthorize: (url: string, username: string) => Promise<string>
}

/** One pixel. */
export const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64')

export async function openTestPump (t: Test): Promise<TestPump> {
  const sandbox = await openSandbox()
  t.teardown(sandbox.close)
  const url = sandbox.urlOf('pumpio')

  const call: TestPump['call'] = (path, options = {}) => send(url + path, options)
  const control: TestPump['control'] = (path, body = {}) => send(`${sandbox.url}/_control${path}`, { method: 'POST', body })

  const form = async (path: string, fields: Record<string, string>): Promise<TestResponse> => {
    return call(path, { method: 'POST', body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  }

  return {
    url,
    host: new URL(url).host,
    controlUrl: `${sandbox.url}/_control`,
    call,
    control,

    async inbox (account) {
      const { json } = await send(`${sandbox.url}/_control/inbox?provider=pumpio&account=${account}`, {})
      return json['data'] as Array<Record<string, unknown>>
    },

    async join () {
      const { json } = await control('/accounts', { provider: 'pumpio', count: 1 })
      const [granted] = json['data'] as Array<Record<string, string>>
      const { account = '', accessToken: token = '', accessTokenSecret: tokenSecret = '', clientId = '', clientSecret = '' } = granted ?? {}
      const keys = { clientId, clientSecret, token, tokenSecret }
      const nickname = account.replace(/@.*/, '')
      const signedCall: Person['call'] = (path, options = {}) => call(path, { keys, ...options })
      return {
        account,
        nickname,
        keys,
        call: signedCall,
        async post (activity) {
          const { status, text, json } = await signedCall(`/api/user/${nickname}/feed`, { method: 'POST', body: activity })
          t.equal(status, 200, text)
          return json
        }
      }
    },

    async register (fields = {}) {
      const { json } = await call('/api/client/register', { method: 'POST', body: { type: 'client_associate', ...fields } })
      return { clientId: String(json['client_id']), clientSecret: String(json['client_secret']) }
    },

    async requestToken (keys, callback = 'oob') {
      const { status, text } = await call('/oauth/request_token', { method: 'POST', keys, extra: { oauth_callback: callback } })
      t.equal(status, 200, text)
      const fields = new URLSearchParams(text)
      return { token: fields.get('oauth_token') ?? '', secret: fields.get('oauth_token_secret') ?? '' }
    },

    async pressAuthorize (authorizeUrl, username) {
      const { pathname, search } = new URL(authorizeUrl)
      const login = await call(pathname + search)
      const password = fieldOf(login.text, 'password')
      const approval = await form('/oauth/authorize', { oauth_token: fieldOf(login.text, 'oauth_token'), username, password })
      const fields = { oauth_token: fieldOf(approval.text, 'oauth_token'), verifier: fieldOf(approval.text, 'verifier') }
      const { text } = await form('/oauth/authorize', fields)
      return /<td id="verifier">([^<]*)</.exec(text)?.[1] ?? ''
    }
  }
}

export function fieldOf (page: string, name: string): string {
  return new RegExp(`<input[^>]* name="${name}"[^>]* value="([^"]*)"`).exec(page)?.[1] ?? ''
}

async function send (url: string, { method = 'GET', body, headers = {}, keys, extra, signatureMethod = 'HMAC-SHA1' }: PumpCall): Promise<TestResponse> {
  const isJson = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body)
  const authorization = keys === undefined
    ? {}
    : { authorization: headerOf(signed(keys, method, url, { signatureMethod, ...(extra !== undefined && { extra }) })) }
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...(isJson && { 'content-type': 'application/json' }), ...authorization, ...headers },
    ...(body !== undefined && { body: isJson ? JSON.stringify(body) : body as string })
  })
  const text = await response.text()
  return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, text, json: parse(text) }
}

function parse (text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
