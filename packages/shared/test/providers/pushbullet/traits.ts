import { classify } from '../../../src/providers/pushbullet/pushbullet.ts'
import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: {
    API: (response, now) => classify(response, now, ['iden'])
  },
  rateLimited: (at) => ({ status: 429, headers: { 'x-ratelimit-reset': String(at / 1_000) } }),
  secrets: { PUSHBULLET_CLIENT_SECRET: 'only handshakes need it: tokens do not expire' },
  delivery: {
    showing: '/v2/pushes',
    refusals: [
      { answer: { status: 400, body: { error: { code: 'pushbullet_pro_required' } } }, outcome: 'quota', reason: /quota/ },
      { answer: { status: 400, body: { error: { param: 'body' } } }, outcome: 'rejected', reason: /body refused/ }
    ]
  },
  journey: {}
}
