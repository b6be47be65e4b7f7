import { createHmac } from 'node:crypto'
import type { Test } from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'
import type { TestResponse, CallOptions, TestSandbox } from '../open-test-sandbox.ts'
import type { SandboxOptions } from '../../src/index.ts'

export const APP = { id: '1234567890123456', secret: 'sandbox-secret' }
export const REDIRECT = 'http://127.0.0.1:4000/connect/facebook/callback'

export interface Member {
  account: string
  userId: string
  accessToken: string
  adAccounts: string[]
  /** Sends a request to the Graph API with the token in the header. */
  get: (path: string, query?: Record<string, string>) => Promise<TestResponse>
}

export interface TestFacebook extends TestSandbox {
  /** `METHOD /path`, below `/facebook/graph` and without a version; `query` is added. */
  graph: (call: string, query?: Record<string, string>, options?: CallOptions) => Promise<TestResponse>
  member: () => Promise<Member>
  dialog: (changes?: Record<string, string>) => Promise<TestResponse>
  /** The URL to which the dialog redirects. */
  decide: (changes?: Record<string, string>) => Promise<URL>
  code: (changes?: Record<string, string>) => Promise<string>
  /** Posts a form to the token endpoint, as the app. */
  token: (fields: Record<string, string>) => Promise<TestResponse>
  redeemCode: (code: string, changes?: Record<string, string>) => Promise<TestResponse>
  /** Reads about a token with a token of the app. */
  debug: (accessToken: string) => Promise<Record<string, unknown>>
  control: (path: string, body?: object) => Promise<TestResponse>
  advance: (advanceSeconds: number) => Promise<void>
}

export async function openTestFacebook (t: Test, options: SandboxOptions = {}): Promise<TestFacebook> {
  const sandbox = await openTestSandbox(t, options)
  const { call } = sandbox

  const facebook: TestFacebook = {
    ...sandbox,

    graph: async (what, query = {}, options = {}) => {
      const [method = '', path = ''] = what.split(' ')
      return await call(method, `/facebook/graph${path}?${new URLSearchParams(query)}`, options)
    },

    async member () {
      const { json: { data } } = await facebook.control('/accounts', { provider: 'facebook', count: 1 })
      const [made] = data as [Omit<Member, 'get'>]
      const headers = { authorization: `Bearer ${made.accessToken}` }
      return { ...made, get: async (path, query) => await facebook.graph(`GET ${path}`, query, { headers }) }
    },

    dialog: async (changes) => {
      const query = new URLSearchParams({ client_id: APP.id, redirect_uri: REDIRECT, scope: 'ads_read', state: 'a b&c', ...changes })
      return await call('GET', `/facebook/www/v26.0/dialog/oauth?${query}`)
    },

    decide: async (changes) => {
      const { status, headers } = await facebook.dialog({ auto: 'allow', ...changes })
      if (status !== 302) throw new Error(`the response of the dialog was ${status}`)
      return new URL(headers.get('location') ?? '')
    },

    code: async (changes) => (await facebook.decide(changes)).searchParams.get('code') ?? '',

    token: async (fields) => await facebook.graph('POST /v26.0/oauth/access_token', {}, {
      body: new URLSearchParams({ client_id: APP.id, client_secret: APP.secret, ...fields })
    }),

    redeemCode: async (code, changes) => await facebook.token({ redirect_uri: REDIRECT, code, ...changes }),

    async debug (accessToken) {
      const { json } = await facebook.graph('GET /debug_token', { input_token: accessToken, access_token: `${APP.id}|${APP.secret}` })
      return json['data'] as Record<string, unknown>
    },

    control: async (path, body) => await call(body === undefined ? 'GET' : 'POST', `/_control${path}`, body === undefined ? {} : { body }),
    advance: async (advanceSeconds) => { await facebook.control('/clock', { advanceSeconds }) }
  }
  return facebook
}

/** An expected error of the Graph API. */
export function refusal (code: number, rest: { subcode?: number, message?: unknown, status?: number } = {}): object {
  const { subcode, message = String, status = 400 } = rest
  return { status, json: { error: { message, type: String, code, fbtrace_id: /^A\d{22}$/, ...subcode !== undefined && { error_subcode: subcode } } } }
}

export function proofOf (accessToken: string, time?: string): string {
  return createHmac('sha256', APP.secret).update(time === undefined ? accessToken : `${accessToken}|${time}`).digest('hex')
}
