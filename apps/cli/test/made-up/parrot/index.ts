import { ProviderError, sendRequest } from '@carillon/http'
import { secretText, text, url } from '@carillon/shared/env'
import { defineProvider, parseTokens, refreshTokens, renderText, revokeTokens, toRefreshed } from '@carillon/shared/providers'
import type { Account, CodeHandshake, Message, ProviderClient, Rendered, RequestContext, Tokens } from '@carillon/shared/providers'
import { classify } from './classify.ts'

export { createSimulator } from './simulator.ts'
export { traits } from './traits.ts'

export const definition = defineProvider({
  id: 'parrot',
  name: 'Parrot Post',
  holder: 'user',
  accounts: 'one',
  env: {
    CLIENT_ID: { ...text, required: true, about: 'OAuth client at Parrot Post. Without it, Parrot Post is not offered.' },
    CLIENT_SECRET: { ...secretText, required: true, about: 'Secret of PARROT_CLIENT_ID.' },
    URL: { ...url('http', 'https'), initial: 'https://parrot.example', about: 'Base of the service.' }
  },
  create: ({ CLIENT_ID, CLIENT_SECRET, URL: baseUrl }) => createParrot(CLIENT_ID, CLIENT_SECRET, baseUrl)
})

function createParrot (clientId: string, clientSecret: string, baseUrl: string): ProviderClient<Tokens> {
  const { origin, host } = new URL(baseUrl)
  const code: CodeHandshake<Tokens> = {
    clientId,
    clientSecret,
    authorizeUrl: `${baseUrl}/authorize`,
    tokenUrl: `${baseUrl}/token`,
    tokenRequest: { credentials: 'body', format: 'form' },
    scope: ['squawk'],
    correlation: 'state',
    async accept (token, context) {
      const refreshed = toRefreshed(token, {}, context.now(), host)
      return { ...refreshed, account: await identify(refreshed.credentials, context) }
    }
  }
  return {
    origins: [origin],
    handshakes: { code },
    parseCredentials: (value) => parseTokens(value, host),
    identify,
    idempotent: true,
    render,
    async send (message, key, { accessToken }, context) {
      const { title, text } = render(message)
      return { id: await call('POST', '/messages', accessToken, { key, title, text }, context) }
    },
    refresh: (credentials, context) => refreshTokens(code, credentials, context),
    revoke: (credentials, context) => revokeTokens(code, `${baseUrl}/revoke`, credentials, context)
  }

  /** A message has a title and at most 1,000 characters of text, which contains its links. */
  function render (message: Message): Rendered {
    const { type, title } = message
    if (type === 'file') throw new ProviderError({ kind: 'rejected', reason: 'a parrot carries no files' }, host)
    return { title, ...renderText(message, { inText: ['body', 'url', 'actions'], beside: ['title'], max: 1_000 }) }
  }

  async function identify ({ accessToken }: Tokens, context: RequestContext): Promise<Account> {
    const id = await call('GET', '/me', accessToken, undefined, context)
    return { id, name: id }
  }

  function call (method: 'GET' | 'POST', path: string, token: string, content: object | undefined, context: RequestContext) {
    const headers = { accept: 'application/json', 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const body = content === undefined ? undefined : JSON.stringify(content)
    return sendRequest({ method, url: `${baseUrl}${path}`, headers, body }, classify, context)
  }
}
