import { backends } from '@carillon/testing'
import t from 'tap'
import { deliveryConformance } from './delivery-conformance.ts'
import type { DeliveryTraits } from './delivery-conformance.ts'
import { openEngine } from '../open-engine.ts'

const file = (name: string, type: string, data: string) => ({ type: 'file', title: 'Title', body: 'Body', file: { name, type, data } }) as const
const note = { type: 'note', title: 'Title', body: 'Body' } as const
const link = { type: 'link', title: 'Title', url: 'https://example.com/' } as const
const text = file('hello.txt', 'text/plain', Buffer.from('hello').toString('base64'))
const pixel = file('dot.png', 'image/png', 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')
const retryAfter = (at: number) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() } })

const providers = {
  pushbullet: {
    showing: '/v2/pushes',
    rateLimited: (at) => ({ status: 429, headers: { 'x-ratelimit-reset': String(at / 1000) } }),
    refusals: [
      { answer: { status: 400, body: { error: { code: 'pushbullet_pro_required' } } }, outcome: 'quota', reason: /quota/ },
      { answer: { status: 400, body: { error: { param: 'body' } } }, outcome: 'rejected', reason: /body refused/ }
    ],
    carries: [note, link, text]
  },
  pumpio: {
    showing: '/feed',
    rateLimited: retryAfter,
    refusals: [{ answer: { status: 403 }, outcome: 'rejected', reason: /may not do this/ }],
    carries: [note, link, pixel],
    refuses: text
  },
  blotre: {
    showing: '/status',
    rateLimited: retryAfter,
    refusals: [
      { answer: { status: 404 }, outcome: 'rejected', reason: /does not exist/ },
      { answer: { status: 422, body: { type: 'Error', error: 'Too many children.' } }, outcome: 'quota', reason: /Too many children/ }
    ],
    carries: [note, link],
    refuses: pixel,
    stateOf: (item) => {
      const { type, status, tags } = Object(item)
      return type === 'status' ? { color: status.color, tags } : undefined
    }
  }
} satisfies Record<string, DeliveryTraits>

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}`, { skip }, async (t) => {
    const engine = await openEngine(t, await open(t), { offer: ['pushbullet', 'pumpio', 'blotre'] })
    // Most of the time is spent waiting for tries to come due, and each has a queue and faults of its own.
    t.jobs = 3
    for (const [provider, traits] of Object.entries(providers)) {
      t.test(`delivers to ${provider}`, (t) => deliveryConformance(t, provider, engine, traits))
    }
  })
}
