import { classify } from '../../../src/providers/oauth2-services/send/classify.ts'
import { classifyUserinfo } from '../../../src/providers/oauth2-services/identity.ts'
import type { Traits } from '../conformance/traits.ts'

const errors = { pointer: '/error', matches: /^[a-z_]+$/u }

/** Those of the document in the simulator's folder. */
export const traits: Traits = {
  classifiers: {
    API: (response, now) => classify(response, now, { rules: [{ statuses: ['401'], kind: 'unauthorized' }], errors, pointer: '/id' }),
    'userinfo endpoint': (response, now) => classifyUserinfo(response, now, errors)
  },
  rateLimited: (at) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() }, body: { error: 'too_many_requests' } }),
  refuses: ['file'],
  namesDeadTokens: true,
  secrets: {
    NOTICEBOARD_CLIENT_SECRET: { isForRefresh: true, reason: /does not accept the client \(invalid_client\); check clientId, clientSecret/ },
    NOTICEBOARD_CLIENT_ID: 'it is no secret, but all variables of a document may be one',
    NOTICEBOARD_URL: 'the same'
  },
  delivery: {
    showing: '/api/notices',
    refusals: [
      { answer: { status: 422, body: { error: 'invalid_notice' } }, outcome: 'rejected', reason: /request refused/ },
      { answer: { status: 409, body: { error: 'board_full' } }, outcome: 'quota', reason: /the board is full/ }
    ]
  },
  journey: { revokesAt: 'POST /noticeboard/revoke', confirmsUnknownTokens: true }
}
