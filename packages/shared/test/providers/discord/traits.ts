import { classify } from '../../../src/providers/discord/classify.ts'
import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: {
    webhooks: (response, now) => classify(response, now, 'webhook', ({ id }) => id),
    'API with the bot token': (response, now) => classify(response, now, 'bot', ({ id }) => id),
    'API with an access token': (response, now) => classify(response, now, 'user', ({ id }) => id)
  },
  // Discord itself sends seconds, which would need the test's time.
  rateLimited: (at) => ({
    status: 429,
    headers: { 'retry-after': new Date(at).toUTCString(), 'x-ratelimit-scope': 'user' },
    body: { message: 'You are being rate limited.', global: false }
  }),
  endsAs: 'gone',
  secrets: {
    DISCORD_CLIENT_SECRET: 'only users who sign in need it',
    DISCORD_BOT_TOKEN: {
      reason: /does not accept the bot token \(DISCORD_BOT_TOKEN\)$/,
      environment: async (_url, control) => {
        await control('/quirks', { provider: 'discord', quirk: 'accountsArePeople', on: true })
        return {}
      }
    }
  },
  delivery: {
    showing: '/api/v10/webhooks/:webhookId/:webhookToken',
    refusals: [
      { answer: { status: 400, body: { message: 'Invalid Form Body', code: 50035, errors: {} } }, outcome: 'rejected', reason: /refused \(50035\)/ },
      { answer: { status: 400, body: { message: 'Blocked by AutoMod', code: 200000 } }, outcome: 'rejected', reason: /rule of the server/ }
    ]
  },
  journey: { ownTest: 'apps/cli/test/journeys/discord.test.ts' }
}
