import { until } from '@carillon/testing'
import type { NodeProcess } from '@carillon/testing'
import t from 'tap'
import { openExpired, outcomes } from './open-expired.ts'

const sent = (count: number): string[] => Array.from({ length: count }, () => 'sent')

t.test('two hundred sends from four processes refresh an expired connection once', async (t) => {
  const { start, refreshes, row } = await openExpired(t)
  const workers = Array.from({ length: 4 }, () => start(50))
  await Promise.all(workers.map(({ ready }) => ready))
  t.same((await Promise.all(workers.map(outcomes))).flat(), sent(200), 'every call succeeds')
  t.match(await refreshes(), { refreshes: 1, refused: 0 })
  t.match(await row(), { version: 2, status: 'active', holder: null })
})

t.test('a process with a replaced token uses the new one', async (t) => {
  const { start, holdRefresh, letGo, refreshes, tokenRefusals, row, events } = await openExpired(t)
  await holdRefresh()
  const [first, second] = [start(5), start(5)]
  await Promise.all([first.ready, second.ready])
  const firstOutcomes = outcomes(first)
  await until(async () => (await refreshes())?.refreshes === 1)
  const secondOutcomes = outcomes(second)
  await until(async () => await tokenRefusals() === 10, { what: 'every call having heard that its token is unknown' })
  t.match(await row(), { version: 1, holder: String }, 'it is not stored yet')
  await letGo()
  t.same(await secondOutcomes, sent(5), 'to the provider its token is unknown, and no more than that')
  t.same(await firstOutcomes, sent(5))
  t.match(await row(), { version: 2, status: 'active', holder: null })
  t.match(await refreshes(), { refreshes: 1, refused: 0 })
  t.same(await events(), ['connection.connected'])
})

// The test ends the lease of the frozen process itself, so a slow machine does not end it earlier.
const leaseMs = '600000'

t.test('a process that freezes while it holds the lease loses no token', async (t) => {
  t.test('when the provider has rotated the token for it and not for its successor', async (t) => {
    const { start, holdRefresh, letGo, endLease, refreshes, row, events, tokenStatus } = await openExpired(t)
    await holdRefresh()
    const frozen = start(5, leaseMs)
    await frozen.ready
    const frozenOutcomes = outcomes(frozen)
    await until(async () => (await refreshes())?.refreshes === 1)
    process.kill(frozen.pid, 'SIGSTOP')
    await letGo()
    t.match(await row(), { version: 1, holder: String }, 'it was stopped before it had the answer')

    await endLease()
    t.same(await outcomes(start(5)), Array.from({ length: 5 }, () => 'parked'), 'the old pair is dead, as far as anybody can know')
    t.match(await row(), { version: 1, status: 'needsReauth', holder: null })

    process.kill(frozen.pid, 'SIGCONT')
    t.same(await frozenOutcomes, sent(5))
    t.match(await row(), { version: 2, status: 'active', holder: null })
    t.equal(await tokenStatus(), 200, 'the stored token is the one that lives')
    t.same(await outcomes(start(5)), sent(5))
    t.match(await refreshes(), { refreshes: 1, refused: 1 })
    t.same(await events(), ['connection.connected', 'connection.needs_reauth', 'connection.recovered'])
  })

  t.test('when its request reaches the provider after its successor\'s', async (t) => {
    const { start, endLease, refreshes, row, events, tokenStatus } = await openExpired(t)
    const frozen = start(5, leaseMs, 'asleep')
    await frozen.ready
    const frozenOutcomes = outcomes(frozen)
    await until(async () => (await row())?.['fence'] === 1)
    await endLease()
    t.match(await refreshes(), { refreshes: 0, refused: 0 }, 'it was stopped before it asked')
    t.same(await outcomes(start(5)), sent(5))
    t.match(await row(), { version: 2, status: 'active', holder: null })

    await wakeUntil(frozen, async () => (await refreshes())?.refused === 1)
    t.same(await frozenOutcomes, sent(5), 'with what its successor has brought')
    t.match(await row(), { version: 2, status: 'active', holder: null }, 'the newer stays')
    t.equal(await tokenStatus(), 200)
    t.match(await refreshes(), { refreshes: 1, refused: 1 })
    t.same(await events(), ['connection.connected'])
  })

  t.test('when its request is refused while its successor waits for a response', async (t) => {
    const { start, holdRefresh, letGo, endLease, refreshes, row, events, tokenStatus } = await openExpired(t)
    const frozen = start(5, leaseMs, 'asleep')
    await frozen.ready
    const frozenOutcomes = outcomes(frozen)
    await until(async () => (await row())?.['fence'] === 1)
    await endLease()
    await holdRefresh()
    const successor = start(5)
    await successor.ready
    const successorOutcomes = outcomes(successor)
    await until(async () => (await refreshes())?.refreshes === 1)
    await wakeUntil(frozen, async () => (await refreshes())?.refused === 1)
    t.match(await row(), { version: 1, status: 'active' }, 'a refusal of a former holder concludes nothing')
    await letGo()
    t.same(await successorOutcomes, sent(5))
    t.same(await frozenOutcomes, sent(5), 'it has waited for its successor')
    t.equal(await tokenStatus(), 200)
    t.match(await row(), { version: 2, status: 'active', holder: null })
    t.same(await events(), ['connection.connected'])
  })
})

/** The process freezes itself, possibly after an earlier SIGCONT. */
async function wakeUntil (frozen: NodeProcess, isSeen: () => Promise<boolean>): Promise<void> {
  await until(async () => {
    if (await isSeen()) return true
    process.kill(frozen.pid, 'SIGCONT')
    return false
  })
}
