import t from 'tap'
import { createClaimRoom } from '../../src/concurrency/claim-room.ts'

function openRoom (maxWaiting = 500, countSoon = () => Infinity) {
  const stopping = new AbortController()
  const room = createClaimRoom({ maxWaiting: () => maxWaiting, countSoon, stopping: stopping.signal })
  /** Whether a claim was allowed. */
  const enter = (kind: 'direct' | 'broadcast' = 'broadcast', provider = 'pushbullet') => {
    const seen: { leave?: () => void } = {}
    const entered = room.enter(provider, kind, 500).then((leave) => { seen.leave = leave })
    return { seen, entered }
  }
  return { room, enter, stop: () => stopping.abort() }
}

/** Lets promises that are resolved run. */
const turn = () => new Promise((resolve) => { setImmediate(resolve) })

t.test('a claim waits until most of what was claimed before has begun', async (t) => {
  const { room, enter } = openRoom()
  const [first, second] = [enter(), enter()]
  await Promise.all([first.entered, second.entered])
  const third = enter()
  await turn()
  t.equal(third.seen.leave, undefined, 'two claims are under way')
  const waiting = room.countWaiting('pushbullet', 'broadcast')
  for (let count = 0; count < 500; count++) waiting.add()
  first.seen.leave?.()
  await turn()
  t.equal(third.seen.leave, undefined, 'the deliveries of the first one wait')
  for (let count = 0; count < 500; count++) waiting.remove()
  await third.entered
  t.type(third.seen.leave, 'function')
})

t.test('claims of another kind or provider do not wait', async () => {
  const { room, enter } = openRoom()
  const waiting = room.countWaiting('pushbullet', 'broadcast')
  for (let count = 0; count < 1_000; count++) waiting.add()
  await enter('direct').entered
  await enter('broadcast', 'pumpio').entered
})

t.test('claims less than a batch when few deliveries can begin soon', async (t) => {
  const { room, enter } = openRoom(500, () => 20)
  t.equal(room.maxClaim('pushbullet'), 20)
  const waiting = room.countWaiting('pushbullet', 'broadcast')
  for (let count = 0; count < 21; count++) waiting.add()
  const claim = enter()
  await turn()
  t.equal(claim.seen.leave, undefined)
  waiting.remove()
  await claim.entered
})

t.test('a claim goes on when nothing waits, however slow the host is', async () => {
  const { enter } = openRoom(500, () => 0)
  await enter().entered
})

t.test('ending a reservation twice ends it once', async (t) => {
  const { enter } = openRoom()
  const [first, second] = [enter(), enter()]
  await Promise.all([first.entered, second.entered])
  first.seen.leave?.()
  first.seen.leave?.()
  const third = enter()
  await third.entered
  const fourth = enter()
  await turn()
  t.equal(fourth.seen.leave, undefined)
})

t.test('claims go on when the worker stops, to hand back what they claim', async () => {
  const { room, enter, stop } = openRoom()
  const waiting = room.countWaiting('pushbullet', 'broadcast')
  for (let count = 0; count < 1_000; count++) waiting.add()
  const { entered } = enter()
  stop()
  await entered
  await enter().entered
})

t.test('what is claimed may wait up to twice as much as claims wait for', async (t) => {
  const { room } = openRoom(500)
  const waiting = room.countWaiting('webhook', 'broadcast')
  for (let count = 0; count < 999; count++) waiting.add()
  t.equal(waiting.hasRoom, true)
  waiting.add()
  t.equal(waiting.hasRoom, false)
  t.equal(room.countWaiting('webhook', 'direct').hasRoom, true)
  waiting.remove()
  t.equal(waiting.hasRoom, true)
})
