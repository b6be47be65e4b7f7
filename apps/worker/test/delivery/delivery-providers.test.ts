import { definitions } from '@carillon/shared/providers'
import { backends } from '@carillon/testing'
import t from 'tap'
import { readTraits } from '../../../../packages/shared/test/providers/conformance/read-traits.ts'
import { deliveryConformance } from './delivery-conformance.ts'
import { startTestStack } from '../start-test-stack.ts'

const all = await Promise.all(definitions.map(async ({ id, name }) => ({ id, name, traits: await readTraits(id) })))

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}`, { skip }, async (t) => {
    const engine = await startTestStack(t, await open(t), { offer: all.map(({ id }) => id) })
    // Most of the time is spent waiting for tries to come due, and each has a queue and faults of its own.
    t.jobs = all.length
    for (const { id, name, traits } of all) {
      const sends = engine.services.providers.get(id)?.send !== undefined
      const { delivery } = traits
      t.equal(delivery !== undefined, sends, `the traits of ${name} describe a delivery if it sends`)
      if (delivery !== undefined) t.test(`delivers to ${name}`, (t) => deliveryConformance(t, id, engine, traits, delivery))
    }
  })
}
