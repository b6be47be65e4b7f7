import type { Traits } from '../../../../../packages/shared/test/providers/conformance/traits.ts'
import { classify } from './classify.ts'

export const traits: Traits = {
  classifiers: { API: classify },
  rateLimited: (at) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() } }),
  refuses: ['file'],
  delivery: { showing: '/messages', refusals: [] },
  journey: { revokesAt: 'POST /parrot/revoke', confirmsUnknownTokens: true }
}
