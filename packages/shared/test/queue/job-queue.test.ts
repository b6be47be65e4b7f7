import { backends, until } from '@carillon/testing'
import t from 'tap'
import { gate } from './gate.ts'
import { openTestQueue } from './open-test-queue.ts'

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}`, { skip }, async (t) => {
    const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, QUEUE_PREFIX: prefix } = await open(t)
    const openQueue = <Data>(t: Parameters<typeof openTestQueue>[0], name: string) =>
      openTestQueue<Data>(t, { databaseUrl, redisUrl, prefix }, name)

    t.test("passes a job's data to a worker unchanged", async (t) => {
      const { queue, startWorker } = openQueue(t, 'data')
      const data = { deliveries: [['a', 'b'], ['c', 'd']], name: 'Zoë 🔔', nothing: null, number: 0.5 }
      const seen: unknown[] = []
      startWorker(async (data) => { seen.push(data) })
      await queue.add([{ id: 'one', data }])
      await until(() => seen.length === 1)
      t.same(seen, [data])
    })

    t.test('accepts many jobs at once, and runs each once', async (t) => {
      const { queue, startWorker } = openQueue<number>(t, 'many')
      await queue.add(Array.from({ length: 1_000 }, (_, index) => ({ id: `job-${index}`, data: index })))
      const seen: number[] = []
      const process = async (number: number): Promise<void> => { seen.push(number) }
      startWorker(process, { concurrency: 10 })
      startWorker(process, { concurrency: 10 })
      await until(() => seen.length >= 1_000)
      t.equal(new Set(seen).size, 1_000)
      await until(async () => (await queue.live(seen.map((number) => `job-${number}`))).size === 0)
      t.equal(seen.length, 1_000)
    })

    t.test('leaves connections for queries, however many workers there are', async (t) => {
      const { queue, startWorker, errors } = openQueue<number>(t, 'crowd')
      const seen: number[] = []
      for (let worker = 0; worker < 30; worker++) startWorker(async (number) => { seen.push(number) })
      await queue.add(Array.from({ length: 100 }, (_, index) => ({ id: `job-${index}`, data: index })))
      await until(() => seen.length >= 100)
      t.same(errors, [])
    })

    t.test('does nothing when there is nothing to add', async (t) => {
      const { queue } = openQueue(t, 'nothing')
      await queue.add([])
      t.equal((await queue.live([])).size, 0)
    })

    t.test('returns which jobs wait, are delayed or run, and not those that have ended', async (t) => {
      const { queue, startWorker } = openQueue<string>(t, 'live')
      const ids = ['job-waits', 'job-runs', 'job-delayed', 'job-finished', 'job-failed', 'job-unknown']
      const finish = gate()
      const seen: string[] = []
      startWorker(async (data) => {
        seen.push(data)
        if (data === 'job-failed') throw new Error('as it was told')
        if (data === 'job-runs') await finish.promise
      })
      const job = (id: string, delayMs = 0) => ({ id, data: id, delayMs })
      await queue.add([job('job-finished'), job('job-failed'), job('job-runs'), job('job-waits'), job('job-delayed', 3600_000)])
      await until(() => seen.includes('job-runs'))
      await until(async () => (await queue.live(ids)).size === 3)
      t.same([...await queue.live(ids)].sort(), ['job-delayed', 'job-runs', 'job-waits'])
      t.same([...await queue.waiting(ids)], ['job-waits'], 'and which of them a worker may take now')
      finish.open()
      await until(async () => (await queue.live(ids)).size === 1)
      t.same([...await queue.live(ids)], ['job-delayed'])
    })

    t.test('finds any number of jobs', async (t) => {
      const { queue } = openQueue<string>(t, 'look')
      const added = Array.from({ length: 250 }, (_, index) => ({ id: `job-${index}`, data: '', delayMs: 3600_000 }))
      await queue.add(added)
      const live = await queue.live(added.flatMap(({ id }) => [id, `no-${id}`]))
      t.same([...live], added.map(({ id }) => id))
    })

    t.test('delays a job until it is due', async (t) => {
      const { queue, startWorker } = openQueue<string>(t, 'delay')
      const seen: Array<{ data: string, afterMs: number }> = []
      startWorker(async (data) => { seen.push({ data, afterMs: performance.now() - addedAt }) })
      const addedAt = performance.now()
      // BullMQ runs due jobs in the order of adding, so the immediate one comes before the one that is due soon.
      await queue.add([
        { id: 'not-today', data: 'not today', delayMs: 3600_000 }, { id: 'now', data: 'now' }, { id: 'later', data: 'later', delayMs: 700.5 }
      ])
      await until(() => seen.length === 2)
      t.same(seen.map(({ data }) => data), ['now', 'later'])
      t.same([...await queue.live(['not-today'])], ['not-today'])
      t.ok((seen[1]?.afterMs ?? 0) >= 690, `it ran after ${seen[1]?.afterMs} ms`)
    })

    t.test('ignores an id while its job exists, and accepts it again afterwards', async (t) => {
      const { queue, startWorker } = openQueue<string>(t, 'twice')
      const seen: string[] = []
      await queue.add([{ id: 'same', data: 'first' }])
      await queue.add([{ id: 'same', data: 'second' }, { id: 'other', data: 'other' }])
      startWorker(async (data) => { seen.push(data) })
      await until(async () => (await queue.live(['same', 'other'])).size === 0)
      t.same(seen.sort(), ['first', 'other'])
      await queue.add([{ id: 'same', data: 'third' }])
      await until(() => seen.length === 3)
      t.equal(seen[2], 'third')
    })

    t.test('reports a failed job, and continues with the next', async (t) => {
      const { queue, errors, startWorker } = openQueue<string>(t, 'fails')
      const seen: string[] = []
      startWorker(async (data) => {
        if (data === 'bad') throw new Error('this job is bad')
        seen.push(data)
      })
      await queue.add([{ id: 'bad', data: 'bad' }, { id: 'good', data: 'good' }])
      await until(() => seen.length === 1)
      await until(async () => (await queue.live(['bad', 'good'])).size === 0)
      t.same(errors.map(({ message }) => message), ['this job is bad'], 'once')
    })

    t.test('runs at most the configured number of jobs at a time', async (t) => {
      const { backend, queue, startWorker } = openQueue<number>(t, 'concurrency')
      const finish = gate()
      t.teardown(finish.open)
      let running = 0
      let max = 0
      let done = 0
      startWorker(async () => {
        max = Math.max(max, ++running)
        await finish.promise
        await new Promise(setImmediate)
        running--
        done++
      }, { concurrency: 3 })
      await queue.add(Array.from({ length: 20 }, (_, index) => ({ id: `job-${index}`, data: index })))
      await until(() => running >= 3)
      for (let round = 0; round < 20; round++) await backend.ping()
      finish.open()
      await until(() => done === 20)
      t.equal(max, 3)
    })

    t.test('waits for running jobs when it closes, and takes no others', async (t) => {
      const { backend, queue, startWorker } = openQueue<string>(t, 'close')
      const finish = gate()
      const seen: string[] = []
      const worker = startWorker(async (data) => {
        seen.push(`${data} begins`)
        await finish.promise
        seen.push(`${data} ends`)
      })
      await queue.add([{ id: 'first', data: 'first' }, { id: 'second', data: 'second' }])
      await until(() => seen.length === 1)
      const closed = worker.close().then(() => seen.push('closed'))
      for (let round = 0; round < 20; round++) await backend.ping()
      t.same(seen, ['first begins'], 'however long it takes')
      finish.open()
      await closed
      t.same(seen, ['first begins', 'first ends', 'closed'])
      t.same([...await queue.live(['first', 'second'])], ['second'])
    })

    t.test('keeps one schedule, however often it is called', async (t) => {
      const { queue, startWorker } = openQueue<object>(t, 'schedule')
      const times: number[] = []
      startWorker(async () => { times.push(performance.now()) })
      await queue.schedule('tick', 300, {})
      await queue.schedule('tick', 300, {})
      await Promise.all([1, 2, 3].map(() => queue.schedule('tick', 300, {})))
      await until(() => times.length >= 8)
      const tookMs = (times[7] ?? 0) - (times[0] ?? 0)
      // Seven intervals, some of which a busy machine may miss. With a second schedule they would take half as long.
      t.ok(tookMs > 4 * 300, `it took ${Math.round(tookMs)} ms`)
    })

    t.test('changes the interval of a schedule, and keeps it after a missed run', async (t) => {
      const { queue, startWorker } = openQueue<object>(t, 'pace')
      let ticks = 0
      const blockMs = 350
      startWorker(async () => {
        if (++ticks === 2) await new Promise((resolve) => setTimeout(resolve, blockMs))
      })
      await queue.schedule('tick', 3600_000, {})
      await until(() => ticks === 1)
      await queue.schedule('tick', 100, {})
      await until(() => ticks > 5)
    })

    t.test('restores a schedule that a machine with a wrong clock has moved', async (t) => {
      const { queue, startWorker } = openQueue<object>(t, 'moved')
      let ticks = 0
      startWorker(async () => { ticks++ })
      const { now } = Date
      for (const hours of [2, -2]) {
        Date.now = () => now() + hours * 3600_000
        try {
          await queue.schedule('tick', 60_000, {})
        } finally {
          Date.now = now
        }
        const before = ticks
        await queue.schedule('tick', 60_000, {})
        await until(() => ticks > before)
      }
    })

    t.test('reports whether its store responds', async (t) => {
      const { backend } = openQueue(t, 'ping')
      await t.resolves(backend.ping())
      const away = openTestQueue(t, redisUrl === undefined
        ? { databaseUrl: 'postgres://127.0.0.1:1/nowhere', prefix }
        : { databaseUrl, redisUrl: 'redis://127.0.0.1:1', prefix })
      await t.rejects(away.backend.ping())
    })
  })
}
