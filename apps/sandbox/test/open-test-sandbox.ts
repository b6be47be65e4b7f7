import type { Test } from 'tap'
import { openSandbox } from '../src/index.ts'
import type { SandboxOptions } from '../src/index.ts'

export interface TestResponse {
  status: number
  headers: Headers
  text: string
  /** The body as JSON; an empty object for any other body. */
  json: Record<string, unknown>
}

type Call = (method: string, path: string, options?: CallOptions) => Promise<TestResponse>

export interface CallOptions {
  body?: unknown
  headers?: Record<string, string>
}

export interface TestSandbox {
  url: string
  /** Sends a request to `url + path`. An object as body is sent as JSON, anything else as it is. */
  call: Call
  /** Creates an account. `v2` sends requests with its token below `/pushbullet/v2`. */
  join: () => Promise<{ account: string, accessToken: string, v2: Call }>
  inbox: (query?: string) => Promise<Array<Record<string, unknown>>>
  fault: (rule: object) => Promise<void>
}

export async function openTestSandbox (t: Test, options: SandboxOptions = {}): Promise<TestSandbox> {
  const { url, close } = await openSandbox(options)
  t.teardown(close)

  const call: Call = async (method, path, { body, headers = {} } = {}) => {
    const isJson = typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === Object.prototype
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: isJson ? JSON.stringify(body) : body as string | FormData | URLSearchParams })
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parse(text) }
  }

  return {
    url,
    call,

    async join () {
      const { json } = await call('POST', '/_control/accounts', { body: { provider: 'pushbullet', count: 1 } })
      const [{ account, accessToken }] = json['data'] as [{ account: string, accessToken: string }]
      const v2: Call = (method, path, { body, headers } = {}) => {
        return call(method, `/pushbullet/v2${path}`, { body, headers: { 'access-token': accessToken, ...headers } })
      }
      return { account, accessToken, v2 }
    },

    async inbox (query = '') {
      const { json } = await call('GET', `/_control/inbox?provider=pushbullet${query}`)
      return json['data'] as Array<Record<string, unknown>>
    },

    async fault (rule) {
      const { status, text } = await call('POST', '/_control/faults', { body: { provider: 'pushbullet', ...rule } })
      if (status !== 201) throw new Error(`the fault was refused: ${text}`)
    }
  }
}

function parse (text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
