import type { Clock } from '../../kit/clock.ts'
import type { Faults } from '../../kit/faults/faults.ts'
import type { Latency } from '../../kit/latency.ts'
import { headerOf } from '../../kit/quick-route.ts'
import type { QuickRoute } from '../../kit/quick-route.ts'
import type { Stats } from '../../kit/stats.ts'
import { spend } from '../http/rate-headers.ts'
import type { Access } from '../oauth/access.ts'
import { PROVIDER } from '../oauth/client.ts'
import type { Tally } from './tally.ts'

export interface QuickPushServices {
  clock: Clock
  access: Access
  tally: Tally
  latency: Latency
  faults: Faults
  stats: Stats
}

const PATH = '/pushbullet/v2/pushes'

/**
 * Accepts a note or link with a guid for all devices of an account. The simulator processes everything else, and everything
 * while there are faults.
 */
export function quickPush ({ clock, access, tally, latency, faults, stats }: QuickPushServices): QuickRoute {
  const count = stats.of(PROVIDER, `POST ${PATH}`)
  return {
    start: `POST ${PATH} HTTP/1.1\r\n`,

    respond (head, body) {
      if (faults.any()) return undefined
      const user = access.byToken(headerOf(head, 'access-token') ?? '')
      const push = readPush(body)
      if (user === undefined || push === undefined) return undefined

      const iden = tally.take(user, push.guid, performance.timeOrigin + performance.now())
      count.requests++
      count.answers['200'] = (count.answers['200'] ?? 0) + 1
      const now = clock.nowMs() / 1000
      const content = `{"iden":"${iden}","active":true,"created":${now},"modified":${now},"type":"${push.type}","direction":"self",` +
        `"guid":"${push.guid}","sender_iden":"${user.iden}","receiver_iden":"${user.iden}"}`
      const rate = spend(user, clock)
      const text = `HTTP/1.1 200 OK\r\nx-ratelimit-limit: ${rate['x-ratelimit-limit']}\r\nx-ratelimit-remaining: ${rate['x-ratelimit-remaining']}\r\n` +
        `x-ratelimit-reset: ${rate['x-ratelimit-reset']}\r\ncontent-type: application/json; charset=utf-8\r\n` +
        `connection: keep-alive\r\ncontent-length: ${content.length}\r\n\r\n${content}`
      return { text, delayMs: latency.nextMs() }
    }
  }
}

const MEMBERS = new Set(['type', 'guid', 'title', 'body', 'url'])

function readPush (body: string): { type: string, guid: string } | undefined {
  let push: Record<string, unknown>
  try {
    push = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof push !== 'object' || push === null) return undefined
  for (const name in push) if (!MEMBERS.has(name) || typeof push[name] !== 'string') return undefined
  const { type, guid } = push
  if ((type !== 'note' && type !== 'link') || typeof guid !== 'string' || !/^[\w-]{1,64}$/.test(guid)) return undefined
  return { type, guid }
}
