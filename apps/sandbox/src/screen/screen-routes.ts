import { readFile } from 'node:fs/promises'
import type { FastifyPluginAsync } from 'fastify'
import type { Accounts } from '../kit/accounts.ts'
import type { Inbox } from '../kit/inbox.ts'
import type { Simulator } from '../kit/simulator.ts'
import { createLive } from './live.ts'

const PAGE = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/screen/screen.css', file: 'screen.css', type: 'text/css; charset=utf-8' },
  { path: '/screen/screen.js', file: 'screen.js', type: 'text/javascript; charset=utf-8' }
]

// The page shows uploads as pictures, from either name of this machine.
const POLICY = "default-src 'self'; img-src 'self' data: http://127.0.0.1:* http://localhost:*; frame-ancestors 'none'"

// A page that is too slow misses news, so that they do not fill the memory.
const MAX_UNSENT_BYTES = 1024 * 1024

export interface ScreenServices {
  inbox: Inbox
  accounts: Accounts
  simulators: Simulator[]
}

/** The page at `/`, with a screen for each account. */
export function screenRoutes ({ inbox, accounts, simulators }: ScreenServices): FastifyPluginAsync {
  const live = createLive(inbox, accounts, simulators)

  return async (app) => {
    for (const { path, file, type } of PAGE) {
      const content = await readFile(new URL(`page/${file}`, import.meta.url))
      app.get(path, async (_request, reply) => {
        return reply.headers({ 'content-type': type, 'cache-control': 'no-cache', 'content-security-policy': POLICY }).send(content)
      })
    }

    app.get('/screen/providers', async (request) => ({
      data: simulators.map(({ id, name, consentPath }) => ({ id, name, consentPath: consentPath(`${request.protocol}://${request.host}`) }))
    }))

    app.get('/screen/events', (request, reply) => {
      reply.hijack()
      const stream = reply.raw
      stream.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      const unwatch = live.watch((event, news) => {
        if (stream.writableLength < MAX_UNSENT_BYTES) stream.write(`event: ${event}\ndata: ${JSON.stringify(news)}\n\n`)
      })
      request.raw.on('close', unwatch)
    })
  }
}
