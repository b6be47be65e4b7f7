import { backends } from '@carillon/testing'
import t from 'tap'
import { allDefinitions } from '../../../../packages/shared/test/providers/conformance/all-definitions.ts'
import { readTraits } from '../../../../packages/shared/test/providers/conformance/read-traits.ts'
import { deliveryConformance } from './delivery-conformance.ts'
import { startTestStack } from '../start-test-stack.ts'

const all = await Promise.all(allDefinitions.map(async ({ id, name }) => ({ id, name, traits: await readTraits(id) })))

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}`, { skip }, async (t) => {
    const stack = await startTestStack(t, await open(t), { offer: all.map(({ id }) => id) })
    // The tests mostly wait for retries, and each has its own queue and faults, so they run at the same time.
    t.jobs = all.length
    for (const { id, name, traits } of all) {
      const sends = stack.services.providers.get(id)?.send !== undefined
      const { delivery } = traits
      t.equal(delivery !== undefined, sends, `the traits of ${name} describe a delivery if it sends`)
      if (delivery !== undefined) t.test(`delivers to ${name}`, (t) => deliveryConformance(t, id, stack, traits, delivery))
    }
  })
}
