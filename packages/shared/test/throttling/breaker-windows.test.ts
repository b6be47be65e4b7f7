import { openDatabase } from '../../src/db/index.ts'
import { createLog } from '../../src/log/index.ts'
import { testDatabase } from '@carillon/testing'
import t from 'tap'
import { createBreakers } from '../../src/throttling/breakers.ts'
import type { Health } from '../../src/throttling/breakers.ts'

const database = openDatabase({ url: (await testDatabase(t)).url, max: 2 })
t.teardown(() => database.close())
const log = createLog({ name: 'test', level: 'silent' })

/** Breakers with a test clock, for a host that no other test uses. */
function breakersOf (host: string) {
  let at = 1_000_000
  const breakers = createBreakers({ database, log, now: () => at })
  const note = (count: number, health: Health): void => {
    for (let index = 0; index < count; index++) breakers.note('pushbullet', host, health, 'down')
  }
  /** The number of consecutive failures after which the breaker opens. */
  const openAfter = (): number => {
    for (let count = 1; count <= 20_000; count++) {
      note(1, 'failing')
      if (breakers.findBlock('pushbullet', host) !== undefined) return count
    }
    return NaN
  }
  return { breakers, note, openAfter, pass: (ms: number) => { at += ms } }
}

t.test('detects an outage as soon after thousands of successes as after a hundred', async (t) => {
  const { breakers, note, openAfter, pass } = breakersOf('busy')
  note(10_000, 'well')
  pass(1_000)
  t.equal(openAfter(), 100)
  await breakers.settled()
})

t.test('does not open for a few failures among many successes, whatever their number', async (t) => {
  const { breakers, note } = breakersOf('shaky')
  for (let round = 0; round < 100; round++) {
    note(6, 'well')
    note(4, 'failing')
  }
  t.equal(breakers.findBlock('pushbullet', 'shaky'), undefined)
})

t.test('requires twenty requests within ten seconds', async (t) => {
  const { breakers, note, openAfter, pass } = breakersOf('rare')
  note(19, 'failing')
  pass(10_000)
  t.equal(breakers.findBlock('pushbullet', 'rare'), undefined)
  t.equal(openAfter(), 20, 'older ones do not count')
  await breakers.settled()
})
