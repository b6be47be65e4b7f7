import { randomBytes } from 'node:crypto'
import type { Grant, Provider } from '@carillon/shared/providers'
import { ConnectFailure } from '../connect-failure.ts'
import type { HandshakeContext } from './handshake-context.ts'
import { openLoopback } from './loopback.ts'
import type { LoopbackOptions } from './loopback.ts'

/** The requests of one redirect flow. */
export interface TerminalRedirect extends Pick<LoopbackOptions, 'keyParameter'> {
  /** Returns the URL of the page on which the user allows access. */
  begin: (redirectUri: string, key: string) => Promise<string>
  /** `callback` contains a code. */
  complete: (callback: URL, redirectUri: string) => Promise<Grant>
}

/** Sends the user's browser to the provider and waits until it comes back to a port of this machine (RFC 8252 §7.3). */
export async function connectByRedirect (
  { id, name }: Provider, { keyParameter, begin, complete }: TerminalRedirect, port: number,
  { terminal, withUserTimeout }: Pick<HandshakeContext, 'terminal' | 'withUserTimeout'>
): Promise<Grant> {
  const key = randomBytes(24).toString('base64url')
  const loopback = await openLoopback({ port, path: `/connect/${id}/callback`, key, keyParameter })
  const { redirectUri } = loopback
  try {
    const page = await begin(redirectUri, key)
    terminal.say('Open this page in a browser of this machine, and allow access:')
    terminal.say(`\n  ${page}\n`)
    const { callback, showPage } = await withUserTimeout(async ({ signal, deadline }) => {
      const stopCounting = terminal.countDown('Waiting for the browser to come back:', deadline)
      try {
        return await loopback.waitForRedirect(signal)
      } finally {
        stopCounting()
      }
    })
    try {
      assertCode(callback.searchParams, name)
      const grant = await complete(callback, redirectUri)
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

/** RFC 6749 §4.1.2. */
function assertCode (query: URLSearchParams, name: string): void {
  const error = query.get('error')
  if (error === 'access_denied') throw new ConnectFailure('denied', `access was denied at ${name}`)
  // The value may be any text, and it goes to the terminal.
  if (error !== null) throw new ConnectFailure('failed', `${name} refused access${/^[a-z_]{1,40}$/.test(error) ? `: ${error}` : ''}`)
  if ((query.get('code') ?? '') !== '') return
  // Some providers report errors without `error`, which RFC 6749 requires.
  if (query.has('error_code') || query.has('error_message')) throw new ConnectFailure('failed', `${name} refused access`)
  throw new ConnectFailure('failed', `${name} sent the browser back without a code`)
}
