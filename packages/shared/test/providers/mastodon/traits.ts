import { classify } from '../../../src/providers/mastodon/classify.ts'
import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: {
    API: (response, now) => classify(response, now, ['id'])
  },
  rateLimited: (at) => ({ status: 429, headers: { 'x-ratelimit-reset': new Date(at).toISOString() } }),
  refuses: ['file'],
  neverExpires: true,
  secrets: {
    MASTODON_BOT_TOKEN: {
      reason: /^the bot cannot post: .+; check MASTODON_BOT_URL and MASTODON_BOT_TOKEN$/,
      async environment (url, control) {
        const { data: [bot] } = await control<{ data: [{ accessToken: string }] }>('/accounts', { provider: 'mastodon', count: 1 })
        return { MASTODON_SENDS: 'mention', MASTODON_BOT_URL: url, MASTODON_BOT_TOKEN: bot.accessToken }
      }
    }
  },
  delivery: {
    showing: '/api/v1/statuses',
    refusals: [
      { answer: { status: 422 }, outcome: 'rejected', reason: /does not accept this post/ },
      { answer: { status: 403 }, outcome: 'rejected', reason: /may not do this/ }
    ]
  },
  journey: { revokesAt: 'POST /oauth/revoke', confirmsUnknownTokens: true }
}
