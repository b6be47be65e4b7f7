import { randomUUID } from 'node:crypto'
import { createMemoryRegistrations } from '@carillon/clients'
import { createHttp, ProviderError } from '@carillon/http'
import type { Failure } from '@carillon/http'
import type { Test } from 'tap'
import type { Grant } from '../../../src/providers/credentials.ts'
import type { Message } from '../../../src/providers/message.ts'
import { exchangeCode } from '../../../src/providers/oauth2/exchange-code.ts'
import type { ProviderClient } from '../../../src/providers/define-provider.ts'
import type { RequestContext } from '../../../src/providers/request-context.ts'
import { createSlack } from '../../../src/providers/slack/slack.ts'
import type { SlackCredentials } from '../../../src/providers/slack/credentials.ts'
import type { SlackConfig } from '../../../src/providers/slack/slack.ts'

const redirectUri = 'http://127.0.0.1/connect/slack/callback'

/** A client of Slack at `url`, and what tests do with it. */
export interface TestSlack {
  slack: ProviderClient<SlackCredentials>
  context: RequestContext
  /** Exchanges the code that `authorize` returns for the URL of the consent page. */
  connect: (authorize: (url: string) => Promise<string>) => Promise<Grant<SlackCredentials>>
  send: (
    credentials: SlackCredentials, message?: Partial<Message>, context?: Partial<RequestContext>
  ) => Promise<string | undefined>
}

export function openTestSlack (t: Test, url: string, options: Partial<SlackConfig> = {}): TestSlack {
  const slack = createSlack({
    clientId: 'carillon',
    clientSecret: 'sandbox-secret',
    signingSecret: undefined,
    scope: ['chat:write', 'im:write'],
    url,
    hooksUrl: url,
    ...options
  })
  const http = createHttp({ trustedOrigins: slack.origins, allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const { signal } = new AbortController()
  const context = { http, signal, now: () => Date.now(), registrations: createMemoryRegistrations() }
  const { code } = slack.handshakes
  if (code === undefined) throw new Error('Slack is connected by a code')

  return {
    slack,
    context,

    async connect (authorize) {
      const query = { client_id: code.clientId, scope: code.scope.join(code.scopeSeparator), redirect_uri: redirectUri, state: 'x' }
      const given = await authorize(`${code.authorizeUrl}?${new URLSearchParams(query)}`)
      return await code.accept(await exchangeCode(code, { code: given, redirectUri }, context), context)
    },

    async send (credentials, message = {}, more = {}) {
      const full = { type: 'note', title: 'Title', body: 'Body', ...message } as const
      return (await slack.send?.(full, randomUUID(), credentials, { ...context, ...more }))?.id
    }
  }
}

/** The credentials that the client receives for one connection of the grant. */
export function credentialsOf (grant: Grant<SlackCredentials>): SlackCredentials {
  return { ...grant.credentials, ...grant.shared?.target }
}

/** The failure of a call, whose kind must be `kind`. */
export async function failureOf (t: Test, call: Promise<unknown>, kind: Failure['kind']): Promise<Failure | undefined> {
  const error = await call.then(() => undefined, (error: unknown) => error)
  if (!(error instanceof ProviderError)) {
    t.fail(`expected ${kind}`)
    return undefined
  }
  t.equal(error.failure.kind, kind, error.message)
  return error.failure
}

/** The code in the location to which a page redirects. */
export async function redirectedCode (response: Promise<Response>): Promise<string> {
  return new URL((await response).headers.get('location') ?? '').searchParams.get('code') ?? ''
}
