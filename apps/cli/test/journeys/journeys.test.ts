import { backends } from '@carillon/testing'
import t from 'tap'
import { allDefinitions } from '../../../../packages/shared/test/providers/conformance/all-definitions.ts'
import { readTraits } from '../../../../packages/shared/test/providers/conformance/read-traits.ts'
import { spawnCarillon } from '../spawn-carillon.ts'
import { providerJourneys } from './provider-journeys.ts'

// Each test has its own database and processes and mostly waits, so they run at the same time.
t.jobs = 2

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}`, { skip }, async (t) => {
    const env = await open(t)
    const { addresses } = await spawnCarillon(t, { ...env })
    await providerJourneys(t, { addresses, databaseUrl: env.DATABASE_URL, definitions: allDefinitions, readTraits })
  })
}
