import { classifyAuth, classifyPublished } from '../../../src/providers/ntfy/classify.ts'
import type { Traits } from '../conformance/traits.ts'

const refusal = (code: number, error: string) => ({ code, http: Math.floor(code / 100), error, link: 'https://ntfy.sh/docs' })

export const traits: Traits = {
  classifiers: {
    publishing: (response, now) => classifyPublished(response, now),
    'check of a topic': (response, now) => classifyAuth(response, now)
  },
  // ntfy itself sends no Retry-After.
  rateLimited: (at) => ({
    status: 429, headers: { 'retry-after': new Date(at).toUTCString() }, body: refusal(42901, 'limit reached: too many requests')
  }),
  delivery: {
    showing: '/',
    refusals: [
      { answer: { status: 400, body: refusal(40007, 'priority invalid') }, outcome: 'rejected', reason: /refused \(40007\)/ },
      { answer: { status: 429, body: refusal(42908, 'daily message quota reached') }, outcome: 'quota', reason: /day are used up/ }
    ]
  },
  journey: {
    // The owner protects the topic, so each address has a token.
    addressOf: async (account, url, control) =>
      `${url}/${account} ${(await control<{ accessToken: string }>('/ntfy/tokens', { account })).accessToken}`,
    nameOf: (account, url) => `${new URL(url).host}/${account.slice(0, Math.min(4, account.length / 3))}…`
  }
}
