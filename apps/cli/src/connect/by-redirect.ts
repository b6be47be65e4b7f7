import { randomBytes } from 'node:crypto'
import type { CodeHandshake, Grant, Provider } from '@carillon/shared/providers'
import { ConnectFailure } from './connect-failure.ts'
import { exchangeCode } from './exchange-code.ts'
import type { Handshaking } from './handshaking.ts'
import { openLoopback } from './loopback.ts'
import { noClient } from './terminal-providers.ts'

/** Sends the user's browser to the provider and waits until it comes back to a port of this machine (RFC 8252 §7.3). */
export async function connectByRedirect (
  { id, name }: Provider, way: CodeHandshake, port: number, handshaking: Handshaking
): Promise<Grant> {
  const { call, terminal, patience } = handshaking
  if (way.clientId === noClient) throw withoutClient(id)
  if (way.correlation !== 'redirect-query') throw new ConnectFailure('failed', `${name} cannot be connected with a browser from a terminal`)

  const loopback = await openLoopback({ port, path: `/connect/${id}/callback`, key: randomBytes(24).toString('base64url') })
  terminal.say('Open this page in a browser of this machine, and allow access:')
  terminal.say(`\n  ${authorizePage(way, loopback.redirectUri)}\n`)
  try {
    const { answer, show } = await patience(async ({ signal, deadline }) => {
      const stopCounting = terminal.countDown('Waiting for the browser to come back:', deadline)
      try {
        return await loopback.answer(signal)
      } finally {
        stopCounting()
      }
    })
    try {
      const token = await exchangeCode(way, { code: codeOf(answer, name), redirectUri: loopback.redirectUri }, call)
      const grant = await way.accept(token, call)
      await show(`${name} is connected`, 'You can close this page and return to the terminal.')
      return grant
    } catch (error) {
      await show(`${name} is not connected`, 'The terminal shows the reason. You can close this page.')
      throw error
    }
  } finally {
    await loopback.close()
  }
}

function authorizePage (way: CodeHandshake, redirectUri: string): string {
  const url = new URL(way.authorizeUrl)
  url.searchParams.set('response_type', 'code')
  url.searchParams.set('client_id', way.clientId)
  url.searchParams.set('redirect_uri', redirectUri)
  if (way.scope.length > 0) url.searchParams.set('scope', way.scope.join(' '))
  return url.href
}

/** RFC 6749 §4.1.2. */
function codeOf (answer: URLSearchParams, name: string): string {
  const error = answer.get('error')
  if (error === 'access_denied') throw new ConnectFailure('denied', `access was denied at ${name}`)
  // The value may be any text, and it goes to the terminal.
  if (error !== null) throw new ConnectFailure('failed', `${name} refused access${/^[a-z_]{1,40}$/.test(error) ? `: ${error}` : ''}`)
  const code = answer.get('code') ?? ''
  // Some providers report errors without `error`, which RFC 6749 requires.
  if (code === '' && (answer.has('error_code') || answer.has('error_message'))) throw new ConnectFailure('failed', `${name} refused access`)
  if (code === '') throw new ConnectFailure('failed', `${name} sent the browser back without a code`)
  return code
}

function withoutClient (id: string): ConnectFailure {
  const variable = id.toUpperCase()
  return new ConnectFailure('usage',
    `${variable}_CLIENT_ID and ${variable}_CLIENT_SECRET are not set; or use an access token with --token-stdin`)
}
