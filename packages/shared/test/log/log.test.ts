import { fileURLToPath } from 'node:url'
import { spawnNode } from '@carillon/testing'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { openDatabase } from '../../src/db/index.ts'
import { createLog, currentRequestId, runWithRequestId } from '../../src/log/index.ts'
import type { Log } from '../../src/log/index.ts'

function openLog (level = 'trace'): { log: Log, lines: Array<Record<string, unknown>>, text: () => string } {
  const written: string[] = []
  const lines: Array<Record<string, unknown>> = []
  const write = (line: string): void => {
    written.push(line)
    lines.push(JSON.parse(line))
  }
  return { log: createLog({ name: 'test', level, destination: { write } }), lines, text: () => written.join('') }
}

t.test('writes one line of JSON with a name, a level and a time', async (t) => {
  const { log, lines, text } = openLog('info')
  log.info({ provider: 'pushbullet' }, 'batch')
  log.debug('not said')
  t.match(lines, [{ level: 30, name: 'test', time: Number, provider: 'pushbullet', msg: 'batch' }])
  t.equal(lines.length, 1)
  t.match(text(), /^[^\n]+\n$/)
})

t.test('names the request that the work stems from, also after it has waited', async (t) => {
  const { log, lines } = openLog()
  const child = log.child({ part: 'child' })
  await runWithRequestId('one', async () => {
    await new Promise(setImmediate)
    log.info('own')
    child.info({ fields: 1 }, 'of a child')
    runWithRequestId(null, () => log.info('shared'))
    await runWithRequestId('two', async () => { log.info({ requestId: 'three' }, 'given') })
  })
  log.info('other')
  t.equal(currentRequestId(), undefined)
  t.same(lines.map(({ msg, requestId }) => [msg, requestId]), [['own', 'one'], ['of a child', 'one'], ['shared', undefined], ['given', 'three'], ['other', undefined]])
})

for (const name of [
  'authorization', 'cookie', 'set-cookie', 'access-token', 'accessToken', 'refreshToken', 'access_token', 'refresh_token', 'token',
  'credentials', 'clientSecret', 'client_secret', 'code', 'verifier', 'state', 'secret', 'key', 'password'
]) {
  t.test(`redacts ${name}, at the top and up to two levels deep`, async (t) => {
    const { log, lines, text } = openLog()
    const secret = { [name]: 'hush' }
    log.info({ ...secret, ordinary: 'shown' }, 'here')
    log.info({ request: secret, headers: { of: secret }, list: [secret] }, 'below')
    log.child({ ...secret, request: secret }).info('in a child')
    t.notMatch(text(), 'hush')
    t.match(lines[0], { [name]: '[redacted]', ordinary: 'shown' })
    t.match(lines[1], { headers: { of: { [name]: '[redacted]' } } })
  })
}

t.test('logs method and path of a request, and nothing that could be a secret', async (t) => {
  const { log, lines } = openLog()
  const req = { id: 'r-1', method: 'GET', url: '/connect/pushbullet/callback?code=hush&state=hush', headers: { cookie: 'hush' }, body: 'hush' }
  log.info({ req }, 'came')
  t.same(lines[0]?.['req'], { id: 'r-1', method: 'GET', path: '/connect/pushbullet/callback' })
})

t.test('describes an error with its message and those of its causes', async (t) => {
  const { log, lines } = openLog()
  const cause = Object.assign(new RangeError('too far'), { code: 'EFAR' })
  log.error({ err: new Error('cannot go', { cause: new Error('no way', { cause }) }) }, 'stopped')
  t.match(lines[0], {
    msg: 'stopped',
    err: {
      type: 'Error', message: 'cannot go', stack: /^Error: cannot go\n {4}at/, cause: { message: 'no way', cause: { type: 'RangeError', message: 'too far', errorCode: 'EFAR' } }
    }
  })
  log.error({ err: 'only text' }, 'stopped')
  t.same(lines[1]?.['err'], { message: 'only text' })
})

t.test('omits other properties of an error', async (t) => {
  const { log, lines, text } = openLog()
  const foreign = Object.assign(new Error('refused', { cause: Object.assign(new Error('inner'), { body: 'hush' }) }), {
    response: { body: 'hush' }, options: { headers: { authorization: 'hush' } }, data: 'hush'
  })
  log.error({ err: foreign, error: foreign }, 'under two names')
  log.error(foreign)
  log.error({ err: foreign })
  t.notMatch(text(), 'hush')
  t.same(Object.keys(lines[0]?.['err'] ?? {}), ['type', 'message', 'stack', 'cause'])
  t.match(lines, [{ msg: 'under two names' }, { msg: 'refused' }, { msg: 'refused' }])
})

t.test('logs no parameter of a failed query', async (t) => {
  const { db, close } = openDatabase({ url: 'postgres://127.0.0.1:1/nowhere', max: 1 })
  t.teardown(close)
  const error: unknown = await db.execute(sql`select ${'hush'}`).catch((error: unknown) => error)
  if (!(error instanceof Error)) throw new Error('The query did not fail')
  t.match(error.message, 'hush', "drizzle's message contains them")

  const { log, lines, text } = openLog()
  log.error({ err: error }, 'with words of ours')
  log.error({ err: error })
  log.error(error)
  log.error({ err: error }, error.message)
  log.error({ err: new Error('outer', { cause: error }) }, 'as a cause')
  log.error({ err: Object.assign(new Error('Failed query: hush'), { query: 'select $1', params: ['hush'] }) })
  t.notMatch(text(), 'hush')
  t.match(lines[0], { msg: 'with words of ours', err: { errorCode: 'ECONNREFUSED', message: /ECONNREFUSED/ } })
  t.match(lines[1], { msg: /ECONNREFUSED/ })
  t.match(lines[4], { err: { message: 'outer', cause: { errorCode: 'ECONNREFUSED' } } })
  t.match(lines[5], { msg: 'a query failed', err: { message: 'a query failed' } })
})

for (const way of ['exit', 'throw', 'end']) {
  t.test(`has written every line, in order, when the process ends by ${way}`, async (t) => {
    const script = spawnNode(t, fileURLToPath(new URL('fixtures/log-and-end.ts', import.meta.url)), { args: [way] })
    t.match(await script.exited, { code: way === 'throw' ? 1 : 0 })
    t.same(script.stdout.map((line) => JSON.parse(line).number), Array.from({ length: 2_000 }, (_, number) => number))
  })
}
