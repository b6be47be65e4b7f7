import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConnectFailure } from './connect-failure.ts'

export interface Loopback {
  readonly redirectUri: string
  /** The query that the browser brings back, and what to show it then. Rejects with the signal's reason. */
  answer: (signal: AbortSignal) => Promise<{ answer: URLSearchParams, show: Show }>
  close: () => Promise<void>
}

type Show = (title: string, text: string) => Promise<void>

/**
 * Waits on a port of this machine (0: any) for a browser that is sent back. `key` comes back with it: others cannot know it, so
 * whoever brings it was sent by us.
 */
export async function openLoopback ({ port, path, key }: { port: number, path: string, key: string }): Promise<Loopback> {
  let arrived: (arrival: { answer: URLSearchParams, show: Show }) => void = () => {}
  const arrival = new Promise<{ answer: URLSearchParams, show: Show }>((resolve) => { arrived = resolve })
  let isTaken = false

  const server = createServer((request, response) => {
    const answer = answerIn(request)
    if (answer === undefined || isTaken) return respond(response, 404, 'Nothing here', 'This page was meant for something else.')
    isTaken = true
    arrived({
      answer,
      async show (title, text) {
        respond(response, 200, title, text)
        // A browser that did not wait is no reason to fail.
        if (!response.destroyed) await once(response, 'close')
      }
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new ConnectFailure('failed', `cannot listen on port ${port} of 127.0.0.1 (${error.code})`)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    redirectUri: `http://${host}${path}?handshake=${key}`,
    answer: (signal) => new Promise((resolve, reject) => {
      if (signal.aborted) reject(signal.reason)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      arrival.then(resolve, reject)
    }),
    async close () {
      server.close()
      server.closeAllConnections()
    }
  }

  function answerIn ({ method, url = '', headers }: IncomingMessage): URLSearchParams | undefined {
    // A name that somebody has pointed to 127.0.0.1 is not ours.
    if (method !== 'GET' || headers.host !== host || !URL.canParse(url, `http://${host}`)) return undefined
    const { pathname, searchParams } = new URL(url, `http://${host}`)
    return pathname === path && searchParams.get('handshake') === key ? searchParams : undefined
  }
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
