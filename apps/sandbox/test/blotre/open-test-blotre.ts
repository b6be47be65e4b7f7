import type { Test } from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'
import type { TestResponse, TestSandbox } from '../open-test-sandbox.ts'

export const REDIRECT = 'http://127.0.0.1:4000/connect/blotre/callback'

export interface Member {
  account: string
  accessToken: string
  refreshToken: string
  userId: string
  rootStream: string
  /** Sends a request to `/blotre/v0/api` with the access token. The body is sent as JSON. */
  api: (method: string, path: string, body?: unknown) => Promise<TestResponse>
}

export interface Disposable {
  id: string
  secret: string
  code: string
}

export interface TestBlotre extends TestSandbox {
  /** Reads from `/blotre/v0/api` without a token. */
  read: (path: string) => Promise<TestResponse>
  member: () => Promise<Member>
  /** Creates a stream below the member's root stream. Returns its id. */
  makeStream: (member: Member, name: string, parentUri?: string) => Promise<string>
  authorize: (changes?: Record<string, string>) => Promise<TestResponse>
  code: (account?: string) => Promise<string>
  /** Posts a form to the token endpoint, as the registered client. */
  token: (fields: Record<string, string>) => Promise<TestResponse>
  redeemCode: (code: string, changes?: Record<string, string>) => Promise<TestResponse>
  disposable: (name?: string) => Promise<Disposable>
  redeem: (code: string, changes?: Record<string, string>) => Promise<TestResponse>
  advance: (advanceSeconds: number) => Promise<void>
  inboxOf: (account: string) => Promise<Array<{ request: { method: string, path: string }, item: Record<string, unknown> }>>
}

export async function openTestBlotre (t: Test): Promise<TestBlotre> {
  const sandbox = await openTestSandbox(t)
  const { call } = sandbox
  const json = { 'content-type': 'application/json' }

  const blotre: TestBlotre = {
    ...sandbox,

    read: async (path) => await call('GET', `/blotre/v0/api${path}`),

    async member () {
      const { json: { data } } = await call('POST', '/_control/accounts', { body: { provider: 'blotre', count: 1 } })
      const [made] = data as [Omit<Member, 'api'>]
      const api: Member['api'] = async (method, path, body) => await call(method, `/blotre/v0/api${path}`, {
        headers: { authorization: `Bearer ${made.accessToken}`, ...(body !== undefined && json) },
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
      return { ...made, api }
    },

    async makeStream (member, name, parentUri = member.account) {
      const { json: { id } } = await member.api('PUT', '/stream', { name, uri: `${parentUri}/${name}` })
      return String(id)
    },

    authorize: async (changes) => {
      const query = new URLSearchParams({ response_type: 'code', client_id: 'carillon', redirect_uri: REDIRECT, ...changes })
      return await call('GET', `/blotre/v0/oauth2/authorize?${query}`)
    },

    async code (account = 'alice') {
      const { headers } = await blotre.authorize({ auto: 'allow', account })
      return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
    },

    token: async (fields) => await call('POST', '/blotre/v0/oauth2/access_token', {
      body: new URLSearchParams({ client_id: 'carillon', client_secret: 'sandbox-secret', ...fields })
    }),

    redeemCode: async (code, changes) => {
      return await blotre.token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...changes })
    },

    async disposable (name = 'lamp') {
      const { json: made } = await call('PUT', '/blotre/v0/oauth2/disposable', { body: { name, blurb: 'A lamp.' } })
      return made as unknown as Disposable
    },

    redeem: async (code, changes) => {
      const query = new URLSearchParams({ auto: 'allow', code, account: 'alice', ...changes })
      return await call('GET', `/blotre/v0/oauth2/redeem?${query}`)
    },

    advance: async (advanceSeconds) => { await call('POST', '/_control/clock', { body: { advanceSeconds } }) },

    async inboxOf (account) {
      const { json: { data } } = await call('GET', `/_control/inbox?provider=blotre&account=${encodeURIComponent(account)}`)
      return data as Awaited<ReturnType<TestBlotre['inboxOf']>>
    }
  }
  return blotre
}

export function apiError (error: string, details: object | null = null): object {
  return { type: 'Error', error, details }
}
