import { classify, classifyToken } from '../../../../clients/src/pumpio/classify.ts'
import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: {
    API: (response, now) => classify(response, now, ['id']),
    'token endpoints': classifyToken
  },
  rateLimited: (at) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() } }),
  // pump.io accepts images, audio and video. This is an image of one pixel.
  file: {
    name: 'dot.png',
    type: 'image/png',
    data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  },
  refusedFile: { name: 'hello.txt', type: 'text/plain', data: Buffer.from('hello').toString('base64') },
  delivery: {
    showing: '/feed',
    refusals: [{ answer: { status: 403 }, outcome: 'rejected', reason: /may not do this/ }]
  },
  journey: { hidesDenial: true }
}
