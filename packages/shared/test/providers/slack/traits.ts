import { classify, classifyTokenRefusal, classifyWebhook } from '../../../src/providers/slack/classify.ts'
import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: {
    API: (response, now) => classify(response, now, ({ channel }) => channel),
    'token endpoint': classifyTokenRefusal,
    'incoming webhooks': classifyWebhook
  },
  // Slack itself sends seconds, which would need the test's time.
  rateLimited: (at) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() } }),
  refuses: ['file'],
  namesDeadTokens: true,
  secrets: {
    SLACK_CLIENT_SECRET: { isForRefresh: true, reason: /\(bad_client_secret\); check SLACK_CLIENT_SECRET$/ },
    SLACK_SIGNING_SECRET: 'only events need it'
  },
  delivery: {
    showing: '/api/chat.postMessage',
    refusals: [
      { answer: { status: 200, body: { ok: false, error: 'an_error_of_next_year' } }, outcome: 'rejected', reason: /message refused \(an_error_of_next_year\)/ },
      { answer: { status: 200, body: { ok: false, error: 'message_limit_exceeded' } }, outcome: 'quota', reason: /limit of messages/ }
    ]
  },
  journey: { revokesAt: 'POST /slack/api/auth.revoke' }
}
