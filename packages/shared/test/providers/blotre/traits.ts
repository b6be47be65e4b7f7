import { isObject } from '@carillon/http'
import { classify, classifyToken } from '../../../../clients/src/blotre/classify.ts'
import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: {
    API: (response, now) => classify(response, now, (value) => isObject(value) ? value : undefined),
    'token endpoint': (response, now) => classifyToken(response, now, 'own')
  },
  rateLimited: (at) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() } }),
  refuses: ['file'],
  stateOf ({ type, status, tags }) {
    return type === 'status' ? { color: Object(status).color, tags } : undefined
  },
  secrets: { BLOTRE_CLIENT_SECRET: 'Blot\'re gives the same answer when the user is deleted, who must not pause the provider' },
  delivery: {
    showing: '/status',
    refusals: [
      { answer: { status: 404 }, outcome: 'rejected', reason: /does not exist/ },
      { answer: { status: 422, body: { type: 'Error', error: 'Too many children.' } }, outcome: 'quota', reason: /Too many children/ }
    ]
  },
  journey: { revokesAt: 'POST /blotre/v0/oauth2/revoke' }
}
