import t from 'tap'
import { definitions } from '../../../src/providers/index.ts'
import { readTraits } from './read-traits.ts'
import { runConformance } from './run-conformance.ts'

// The tests mostly wait, and each provider has its own simulator.
t.jobs = definitions.length

for (const definition of definitions) {
  t.test(`${definition.name} meets the requirements for all providers`, async (t) => {
    await runConformance(t, definition, await readTraits(definition.id))
  })
}
