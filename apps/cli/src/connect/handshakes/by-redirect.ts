import { randomBytes } from 'node:crypto'
import { exchangeCode, ProviderError } from '@carillon/shared/providers'
import type { CodeHandshake, Grant, Provider } from '@carillon/shared/providers'
import { ConnectFailure } from '../connect-failure.ts'
import { noClient } from '../terminal-providers.ts'
import type { HandshakeContext } from './handshake-context.ts'
import { openLoopback } from './loopback.ts'

/** Sends the user's browser to the provider and waits until it comes back to a port of this machine (RFC 8252 §7.3). */
export async function connectByRedirect (
  { id, name }: Provider, handshake: CodeHandshake, port: number, { requestContext, terminal, withUserTimeout }: HandshakeContext
): Promise<Grant> {
  if (handshake.clientId === noClient) throw withoutClient(id)
  if (handshake.correlation !== 'redirect-query') throw new ConnectFailure('failed', `${name} cannot be connected with a browser from a terminal`)

  const loopback = await openLoopback({ port, path: `/connect/${id}/callback`, key: randomBytes(24).toString('base64url') })
  const { redirectUri } = loopback
  terminal.say('Open this page in a browser of this machine, and allow access:')
  terminal.say(`\n  ${authorizePage(handshake, redirectUri)}\n`)
  try {
    const { query, showPage } = await withUserTimeout(async ({ signal, deadline }) => {
      const stopCounting = terminal.countDown('Waiting for the browser to come back:', deadline)
      try {
        return await loopback.waitForRedirect(signal)
      } finally {
        stopCounting()
      }
    })
    try {
      const code = codeIn(query, name)
      const token = await exchangeCode(handshake, { code, redirectUri }, requestContext).catch(throwExchangeFailure)
      const grant = await handshake.accept(token, requestContext)
      await showPage(`${name} is connected`, 'You can close this page and return to the terminal.')
      return grant
    } catch (error) {
      await showPage(`${name} is not connected`, 'The terminal shows the reason. You can close this page.')
      throw error
    }
  } finally {
    await loopback.close()
  }
}

function authorizePage (handshake: CodeHandshake, redirectUri: string): string {
  const url = new URL(handshake.authorizeUrl)
  url.searchParams.set('response_type', 'code')
  url.searchParams.set('client_id', handshake.clientId)
  url.searchParams.set('redirect_uri', redirectUri)
  if (handshake.scope.length > 0) url.searchParams.set('scope', handshake.scope.join(' '))
  return url.href
}

/** RFC 6749 §4.1.2. */
function codeIn (query: URLSearchParams, name: string): string {
  const error = query.get('error')
  if (error === 'access_denied') throw new ConnectFailure('denied', `access was denied at ${name}`)
  // The value may be any text, and it goes to the terminal.
  if (error !== null) throw new ConnectFailure('failed', `${name} refused access${/^[a-z_]{1,40}$/.test(error) ? `: ${error}` : ''}`)
  const code = query.get('code') ?? ''
  // Some providers report errors without `error`, which RFC 6749 requires.
  if (code === '' && (query.has('error_code') || query.has('error_message'))) throw new ConnectFailure('failed', `${name} refused access`)
  if (code === '') throw new ConnectFailure('failed', `${name} sent the browser back without a code`)
  return code
}

/** Says what the token endpoint did with the code. Errors without a response, such as an abort, stay as they are. */
function throwExchangeFailure (error: unknown): never {
  if (!(error instanceof ProviderError) || error.status === undefined) throw error
  const { host, status } = error
  if (status >= 200 && status < 300) throw new ConnectFailure('failed', `${host} did not return a token`)
  const isRefused = status >= 400 && status < 500
  throw new ConnectFailure('failed', `${host} ${isRefused ? 'refused the code' : 'could not exchange the code'} (HTTP ${status})`)
}

function withoutClient (id: string): ConnectFailure {
  const variable = id.toUpperCase()
  return new ConnectFailure('usage',
    `${variable}_CLIENT_ID and ${variable}_CLIENT_SECRET are not set; or use an access token with --token-stdin`)
}
