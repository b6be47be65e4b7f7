import type { Test } from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'
import type { TestResponse, TestSandbox } from '../open-test-sandbox.ts'
import type { SandboxOptions } from '../../src/index.ts'

export const redirectUri = 'http://127.0.0.1/connect/slack/callback'

export interface TestSlack extends TestSandbox {
  /** Allows access as `account`, and returns the code. */
  allow: (account: string, options?: Record<string, string>) => Promise<string>
  /** Calls a method of the Web API with a form. */
  method: (name: string, parameters?: Record<string, string>, accessToken?: string) => Promise<TestResponse>
  exchange: (code: string) => Promise<Record<string, unknown>>
  control: (path: string, body: object) => Promise<TestResponse>
  /** The messages of a person or a channel. */
  messages: (account: string) => Promise<Array<Record<string, unknown>>>
}

export async function openTestSlack (t: Test, options: SandboxOptions = {}): Promise<TestSlack> {
  const sandbox = await openTestSandbox(t, options)
  const { call } = sandbox

  const self: TestSlack = {
    ...sandbox,

    async allow (account, options = {}) {
      const query = { client_id: 'carillon', redirect_uri: redirectUri, scope: 'chat:write,im:write', state: 'x', auto: 'allow', account, ...options }
      const { headers } = await call('GET', `/slack/oauth/v2/authorize?${new URLSearchParams(query)}`)
      return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
    },

    method: async (name, parameters = {}, accessToken) => await call('POST', `/slack/api/${name}`, {
      body: new URLSearchParams(parameters),
      headers: accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }
    }),

    async exchange (code) {
      const client = { client_id: 'carillon', client_secret: 'sandbox-secret' }
      return (await self.method('oauth.v2.access', { ...client, code, redirect_uri: redirectUri })).json
    },

    control: async (path, body) => await call('POST', `/_control${path}`, { body }),

    async messages (account) {
      const { json } = await call('GET', `/_control/inbox?${new URLSearchParams({ provider: 'slack', account })}`)
      return (json['data'] as Array<{ item: Record<string, unknown> }>).map(({ item }) => item)
    }
  }
  return self
}
