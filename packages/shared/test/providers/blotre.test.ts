import t from 'tap'
import type { Test } from 'tap'
import { createBlotre } from '../../src/providers/blotre.ts'
import type { BlotreConfig } from '../../src/providers/blotre.ts'
import { createHttp } from '../../src/providers/http.ts'
import { createMemoryRegistrations } from '../../src/providers/memory-registrations.ts'
import type { Call } from '../../src/providers/provider.ts'
import { conformance } from './conformance.ts'
import { openSimulator } from './simulator.ts'

const clientSecret = 'sandbox-secret'
const simulator = await openSimulator(t, 'blotre')
const blotre = blotreWith({})

t.test('conforms', async (t) => {
  await conformance(t, blotre, simulator, {
    rateLimited: (at) => ({ status: 429, headers: { 'retry-after': new Date(at).toUTCString() } }),
    secrets: [clientSecret],
    refuses: ['file'],
    stateOf: ({ status, tags }) => ({ color: Object(status).color, tags })
  })
})

function blotreWith (more: Partial<BlotreConfig>) {
  return createBlotre({ url: `${simulator.url}/blotre/`, clientId: 'carillon', clientSecret, ...more })
}
