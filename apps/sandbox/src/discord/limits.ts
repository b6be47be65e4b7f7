import type { FastifyReply } from 'fastify'
import type { Clock } from '../kit/clock.ts'
import { DiscordError, limited } from './discord-error.ts'

/** So many requests per window. */
interface Window {
  requests: number
  seconds: number
}

/** The limits of Discord. A test can replace them. */
export interface Limits {
  /** Of one webhook, or of one conversation. It is the one in the headers. */
  bucket: Window
  /** The hidden limit of a channel, which all its webhooks share. */
  channel: Window
  /** New conversations of the bot. */
  opening: Window
  /** All requests. */
  global: Window
  /** Refused requests, except for those of a channel's hidden limit. After that, a firewall responds. */
  refused: Window
}

const defaults: Limits = {
  bucket: { requests: 5, seconds: 2 },
  channel: { requests: 30, seconds: 60 },
  opening: { requests: 1_000, seconds: 600 },
  // The tests of many users share one address.
  global: { requests: 5_000, seconds: 1 },
  refused: { requests: 10_000, seconds: 600 }
}

export interface Limiter {
  limits: Limits
  /** Uses up a message of the bucket and of the channel, and adds the bucket's headers. Throws DiscordError when one is empty. */
  takeMessage: (reply: FastifyReply, bucket: string, channel: string) => void
  /** Throws DiscordError when the limit of all requests is reached. */
  takeRequest: () => void
  /** Throws DiscordError when the bot opens conversations too fast. */
  takeOpening: () => void
  countRefused: () => void
  /** The seconds for which the firewall blocks all requests. */
  blockedSeconds: () => number | undefined
  reset: () => void
}

export function createLimiter (clock: Clock): Limiter {
  const windows = new Map<string, { used: number, endsMs: number }>()

  const self: Limiter = {
    limits: { ...defaults },

    takeMessage (reply, bucket, channel) {
      const { limits } = self
      const own = take(`bucket ${bucket}`, limits.bucket)
      const headers = {
        'x-ratelimit-limit': String(limits.bucket.requests),
        'x-ratelimit-remaining': String(Math.max(0, own.left)),
        'x-ratelimit-reset': ((clock.nowMs() / 1000) + own.seconds).toFixed(3),
        'x-ratelimit-reset-after': own.seconds.toFixed(3),
        // The same for all webhooks.
        'x-ratelimit-bucket': 'b0c5a3f7d1e94c2286a90b7f3c5d1e20'
      }
      reply.headers(headers)
      if (own.left < 0) throw limited(own.seconds, 'user')
      const shared = take(`channel ${channel}`, limits.channel)
      if (shared.left < 0) throw limited(shared.seconds, 'shared')
    },

    takeRequest () {
      const all = take('global', self.limits.global)
      if (all.left < 0) throw limited(all.seconds, 'global')
    },

    takeOpening () {
      if (take('opening', self.limits.opening).left < 0) throw new DiscordError(403, 40003, 'You are opening direct messages too fast')
    },

    countRefused () {
      take('refused', self.limits.refused)
    },

    blockedSeconds () {
      const window = windows.get('refused')
      const isBlocked = window !== undefined && window.endsMs > clock.nowMs() && window.used > self.limits.refused.requests
      return isBlocked ? (window.endsMs - clock.nowMs()) / 1000 : undefined
    },

    reset () {
      windows.clear()
      self.limits = { ...defaults }
    }
  }
  return self

  function take (name: string, { requests, seconds }: Window): { left: number, seconds: number } {
    const nowMs = clock.nowMs()
    const known = windows.get(name)
    const window = known !== undefined && known.endsMs > nowMs ? known : { used: 0, endsMs: nowMs + seconds * 1000 }
    window.used++
    windows.set(name, window)
    return { left: requests - window.used, seconds: (window.endsMs - nowMs) / 1000 }
  }
}
