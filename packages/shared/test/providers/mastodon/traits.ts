import { classify } from '../../../src/providers/mastodon/classify.ts'
import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: {
    API: (response, now) => classify(response, now, ['id'])
  },
  rateLimited: (at) => ({ status: 429, headers: { 'x-ratelimit-reset': new Date(at).toISOString() } }),
  refuses: ['file'],
  neverExpires: true,
  delivery: {
    showing: '/api/v1/statuses',
    refusals: [
      { answer: { status: 422 }, outcome: 'rejected', reason: /does not accept this post/ },
      { answer: { status: 403 }, outcome: 'rejected', reason: /may not do this/ }
    ]
  },
  journey: { revokesAt: 'POST /oauth/revoke', confirmsUnknownTokens: true }
}
