import { classify } from '../../../src/providers/telegram/classify.ts'
import type { Traits } from '../conformance/traits.ts'

const refusal = (description: string) => ({ status: 400, body: { ok: false, error_code: 400, description: `Bad Request: ${description}` } })

export const traits: Traits = {
  classifiers: { 'Bot API': classify },
  rateLimited: (at) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() }, body: {} }),
  endsAs: 'gone',
  secrets: {
    TELEGRAM_BOT_TOKEN: {
      reason: /^the bot token is not accepted; check TELEGRAM_BOT_TOKEN$/,
      spoil: (value) => value.replace(/.$/, 'x')
    }
  },
  delivery: {
    showing: '/sendMessage',
    refusals: [
      { answer: refusal('message is too long'), outcome: 'rejected', reason: /too long/ },
      { answer: refusal('Wrong HTTP URL specified'), outcome: 'rejected', reason: /link is not accepted/ }
    ]
  },
  journey: { ownTest: 'apps/cli/test/journeys/telegram.test.ts' }
}
