import { classify } from '../../../src/providers/webpush/classify.ts'
import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: { 'push service': classify },
  rateLimited: (at) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() } }),
  refuses: ['file'],
  endsAs: 'gone',
  secrets: {
    WEBPUSH_KEYS: {
      reason: /^WEBPUSH_KEYS lacks the key [\w-]{11}, with which browsers have subscribed; add it, or name it in WEBPUSH_RETIRED_KEYS$/,
      spoil: () => Buffer.alloc(32, 1).toString('base64url')
    }
  },
  delivery: {
    showing: '/wpush/v2/:token',
    refusals: [
      { answer: { status: 400, body: { code: 400, errno: 110, error: 'Bad Request' } }, outcome: 'rejected', reason: /errno 110/ }
    ]
  },
  journey: {}
}
