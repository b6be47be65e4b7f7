import { randomUUID } from 'node:crypto'
import { createMemoryRegistrations } from '@carillon/clients'
import { createHttp, ProviderError } from '@carillon/http'
import type { Failure } from '@carillon/http'
import type { Test } from 'tap'
import type { Grant } from '../../../src/providers/credentials.ts'
import type { ProviderClient } from '../../../src/providers/define-provider.ts'
import { createDiscord } from '../../../src/providers/discord/discord.ts'
import type { DiscordConfig } from '../../../src/providers/discord/discord.ts'
import type { DiscordCredentials } from '../../../src/providers/discord/credentials.ts'
import type { Message } from '../../../src/providers/message.ts'
import { exchangeCode } from '../../../src/providers/oauth2/exchange-code.ts'
import type { RequestContext } from '../../../src/providers/request-context.ts'

const redirectUri = 'http://127.0.0.1/connect/discord/callback'

/** A client of Discord at `url`, and what tests do with it. */
export interface TestDiscord {
  discord: ProviderClient<DiscordCredentials>
  context: RequestContext
  /** Grants access as `account` on the consent page, and exchanges the code. */
  signIn: (account: string, choices?: Record<string, string>) => Promise<Grant<DiscordCredentials>>
  paste: (text: string) => Promise<Grant<DiscordCredentials>>
  send: (
    credentials: DiscordCredentials, message?: Partial<Message>, more?: Partial<RequestContext> & { key?: string }
  ) => Promise<string | undefined>
}

export function openTestDiscord (t: Test, url: string, options: Partial<DiscordConfig> = {}): TestDiscord {
  const discord = createDiscord({
    url,
    clientId: '1100000000000000001',
    clientSecret: 'sandbox-secret',
    publicKey: undefined,
    botToken: undefined,
    scope: undefined,
    ...options
  })
  const http = createHttp({ trustedOrigins: discord.origins, allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const { signal } = new AbortController()
  const context = { http, signal, now: () => Date.now(), registrations: createMemoryRegistrations() }

  return {
    discord,
    context,

    async signIn (account, choices = {}) {
      const { code } = discord.handshakes
      if (code === undefined) throw new Error('there is no application')
      const query = {
        response_type: 'code', client_id: code.clientId, scope: code.scope.join(' '), redirect_uri: redirectUri, auto: 'allow', account, ...choices
      }
      const { headers } = await fetch(`${code.authorizeUrl}?${new URLSearchParams(query)}`, { redirect: 'manual' })
      const given = new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
      return await code.accept(await exchangeCode(code, { code: given, redirectUri }, context), context)
    },

    async paste (text) {
      const { address } = discord.handshakes
      if (address === undefined) throw new Error('no URL can be pasted')
      return await address.accept(text, context)
    },

    async send (credentials, message = {}, { key = randomUUID(), ...more } = {}) {
      const full = { type: 'note', title: 'Title', body: 'Body', ...message } as const
      return (await discord.send?.(full, key, credentials, { ...context, ...more }))?.id
    }
  }
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
