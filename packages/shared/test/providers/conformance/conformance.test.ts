import t from 'tap'
import { allDefinitions } from './all-definitions.ts'
import { readTraits } from './read-traits.ts'
import { runConformance } from './run-conformance.ts'

// The tests mostly wait, and each provider has its own simulator.
t.jobs = allDefinitions.length

for (const definition of allDefinitions) {
  t.test(`${definition.name} meets the requirements for all providers`, async (t) => {
    await runConformance(t, definition, await readTraits(definition.id))
  })
}
