import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: {},
  isPlainEndpoint: true,
  endsAs: 'gone',
  refuses: ['file'],
  rateLimited: (at) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() }, body: '' }),
  delivery: {
    showing: '/hooks/:endpoint',
    refusals: [
      { answer: { status: 422, body: { error: 'unknown event' } }, outcome: 'rejected', reason: /endpoint refused the message/ },
      { answer: { status: 302, headers: { location: '/elsewhere' }, body: '' }, outcome: 'rejected', reason: /redirects are not followed/ }
    ]
  },
  journey: {
    ownTest: 'apps/cli/test/journeys/webhook.test.ts',
    addressOf: async (account, url) => `${url}/hooks/${account}`
  }
}
