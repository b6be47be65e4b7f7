import fc from 'fast-check'
import t from 'tap'
import { transitions } from '../../src/deliveries/states.ts'
import { openStateMachine, stepNames } from './state-machine.ts'
import type { Change, Step } from './state-machine.ts'

const machine = await openStateMachine(t)
const anyStep = fc.record<Step>({
  name: fc.constantFrom(...stepNames), notification: fc.nat(2), connection: fc.nat(2), choice: fc.nat(999)
})

/** Orders that rarely occur in random steps. */
const rareOrders = [
  inOrder(1, 'insertNotifications', 'pauseNotification', 'claim', 'resumeNotification', 'expire', 'expireWaiting'),
  inOrder(1, 'insertNotifications', 'claim', 'cancelNotification', 'reclaimLost', 'claim'),
  inOrder(1, 'insertNotifications', 'claim', 'cancelNotification', 'settle', 'settle', 'settle'),
  inOrder(1, 'insertNotifications', 'disconnect', 'claim'),
  inOrder(11, 'insertNotifications', 'claim', 'disconnect', 'settle'),
  inOrder(1, 'insertNotifications', 'passTime', 'clearJobs', 'assignJobs'),
  inOrder(1, 'insertNotifications', 'expire', 'claim'),
  inOrder(0, 'mute', 'insertNotifications'),
  inOrder(1, 'addBroadcast', 'expire', 'claimSegment'),
  inOrder(1, 'addBroadcast', 'cancelNotification', 'claimSegment'),
  inOrder(1, 'insertNotifications', 'claim', 'spendAttempts', 'reclaimLost', 'retryFailed'),
  inOrder(0, 'insertNotifications', 'claim', 'reclaimLost', 'retryFailed'),
  inOrder(0, 'insertNotifications', 'claim', 'settle', 'settle', 'settle', 'recordSeen', 'recordSeen'),
  inOrder(1, 'addBroadcast', 'refuse', 'claimSegment'),
  inOrder(1, 'insertNotifications', 'claim', 'disconnect', 'settle'),
  inOrder(1, 'insertNotifications', 'refuse', 'claim', 'reconnect', 'followConnections'),
  inOrder(1, 'insertNotifications', 'refuse', 'claim', 'reconnect', 'releaseParked')
]

/** With a fixed seed, failures are reproducible. */
const runs = { numRuns: rareOrders.length + 16, seed: 20_261_129, endOnFailure: true, examples: rareOrders }

t.test('random statements change deliveries as the model predicts, and as the table of transitions lists', async (t) => {
  const seen = new Set<typeof transitions[number]>()
  await fc.assert(fc.asyncProperty(fc.array(anyStep, { minLength: 40, maxLength: 60 }), async (steps) => {
    await machine.reset()
    for (const step of steps) {
      const { changes, predicted, actual } = await machine.run(step)
      if (JSON.stringify(predicted) !== JSON.stringify(actual)) {
        throw new Error(`${step.name}: expected ${JSON.stringify(predicted)}, found ${JSON.stringify(actual)}`)
      }
      for (const change of changes) {
        const listed = transitions.find((row) => row.by === step.name && allows(row, change))
        if (listed === undefined) throw new Error(`${step.name} makes a transition that is not listed: ${JSON.stringify(change)}`)
        seen.add(listed)
      }
    }
  }), runs)
  const unseen = transitions.filter((row) => !seen.has(row)).map(({ by, from, to }) => `${by}: ${from?.join(' ') ?? 'none'} → ${to}`)
  t.same(unseen, [], 'every transition of the table occurs')
})

/** Steps for the first notification and connection, with the same choice each. */
function inOrder (choice: number, ...names: Array<Step['name']>): [Step[]] {
  return [names.map((name) => ({ name, notification: 0, connection: 0, choice }))]
}

function allows (row: typeof transitions[number], { from, to, event }: Change): boolean {
  const states: readonly string[] | null = row.from
  const events: ReadonlyArray<string | null> = row.events
  const isFrom = from === null ? states === null : states?.includes(from) === true
  return isFrom && (row.to === 'same' ? from === to : row.to === to) && events.includes(event)
}
