import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConnectFailure } from '../connect-failure.ts'

export interface Loopback {
  readonly redirectUri: string
  /** Rejects with the signal's reason. */
  waitForRedirect: (signal: AbortSignal) => Promise<Redirect>
  close: () => Promise<void>
}

interface Redirect {
  /** The URL that the browser requested. */
  callback: URL
  /** Shows the browser a page. */
  showPage: (title: string, text: string) => Promise<void>
}

export interface LoopbackOptions {
  /** 0 is any free port. */
  port: number
  path: string
  /** Only this process and the provider know it. */
  key: string
  /** The parameter that contains `key`: the provider returns `state`, or its redirect URI may contain a query. */
  keyParameter: 'state' | 'handshake'
}

/** Listens on a port of this machine for the provider's redirect, which contains `key`. */
export async function openLoopback ({ port, path, key, keyParameter }: LoopbackOptions): Promise<Loopback> {
  let onRedirect: (redirect: Redirect) => void = () => {}
  const firstRedirect = new Promise<Redirect>((resolve) => { onRedirect = resolve })
  const waiting: ServerResponse[] = []
  let page: { title: string, text: string } | undefined

  const server = createServer((request, response) => {
    const callback = callbackOf(request)
    if (callback === undefined) return respond(response, 404, 'Not found', 'This address is only for a redirect from the provider.')
    if (isPrefetch(request)) return respond(response, 503, 'Open this page in its own tab', 'Your browser requested this page ahead of time. Nothing has changed. Reload this page.')
    if (page !== undefined) return respond(response, 200, page.title, page.text)
    waiting.push(response)
    // The first request counts. A reload, or a second request of the same browser, shows the same page.
    if (waiting.length === 1) onRedirect({ callback, showPage })
  })

  async function showPage (title: string, text: string): Promise<void> {
    page = { title, text }
    await Promise.all(waiting.map(async (response) => {
      respond(response, 200, title, text)
      // The browser may have closed the connection already.
      if (!response.destroyed) await once(response, 'close')
    }))
  }

  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new ConnectFailure('failed', `cannot listen on port ${port} of 127.0.0.1 (${error.code})`)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    redirectUri: `http://${host}${path}${keyParameter === 'handshake' ? `?handshake=${key}` : ''}`,
    waitForRedirect: (signal) => new Promise((resolve, reject) => {
      if (signal.aborted) reject(signal.reason)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      firstRedirect.then(resolve, reject)
    }),
    async close () {
      server.close()
      server.closeAllConnections()
    }
  }

  function callbackOf ({ method, url = '', headers }: IncomingMessage): URL | undefined {
    // Refuse other host names that resolve to 127.0.0.1 (DNS rebinding).
    if (method !== 'GET' || headers.host !== host || !URL.canParse(url, `http://${host}`)) return undefined
    const callback = new URL(url, `http://${host}`)
    return callback.pathname === path && callback.searchParams.get(keyParameter) === key ? callback : undefined
  }
}

/** Browsers prefetch pages that the user may never open. */
function isPrefetch ({ headers }: IncomingMessage): boolean {
  const marks = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => String(headers[name] ?? ''))
  return marks.some((mark) => /prefetch|prerender|preview/i.test(mark)) || (headers['sec-fetch-dest'] ?? 'document') !== 'document'
}

function respond (response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close'
  })
  response.end(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title>` +
    `<h1>${escape(title)}</h1><p>${escape(text)}</p></html>\n`)
}

function escape (text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
