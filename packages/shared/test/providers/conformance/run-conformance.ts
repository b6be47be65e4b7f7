import type { CreateSimulator } from '@carillon/sandbox/kit'
import type { Test } from 'tap'
import { loadConfig } from '../../../src/config/index.ts'
import type { ProviderDefinition } from '../../../src/providers/define-provider.ts'
import { conformance } from './conformance.ts'
import { intermediariesConformance } from './intermediaries.ts'
import { openSimulator } from './simulator.ts'
import type { Traits } from './traits.ts'

/**
 * Runs the suite with a provider's definition, in the environment that points to its simulator. `simulators` are added to the
 * sandbox's own.
 */
export async function runConformance (
  t: Test, definition: ProviderDefinition, traits: Traits, simulators: CreateSimulator[] = []
): Promise<void> {
  const simulator = await openSimulator(t, definition.id, simulators)
  const provider = definition.create(loadConfig(simulator.environment, [], [definition]), { name: 'Site' })
  if (provider === undefined) throw new Error(`the simulator's environment does not configure ${definition.id}`)
  t.teardown(() => provider.close?.())
  const secrets = Object.entries(definition.variables).flatMap(([name, { secret }]) => secret === true ? [simulator.environment[name] ?? ''] : [])
  await intermediariesConformance(t, provider, traits)
  await conformance(t, provider, simulator, traits, secrets.filter((secret) => secret !== ''))
}
