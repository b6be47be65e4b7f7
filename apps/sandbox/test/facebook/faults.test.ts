import t from 'tap'
import { openTestFacebook } from './open-test-facebook.ts'

const facebook = await openTestFacebook(t)
const member = await facebook.member()
const ask = async (fault: string, more: object = {}) => {
  const { status, text } = await facebook.control('/faults', { provider: 'facebook', match: '/insights', fault, times: 1, ...more })
  if (status !== 201) throw new Error(text)
  return await member.get(`/${member.adAccounts[0]}/insights`)
}

/** The error table of the Graph API, by row: name, code, subcode, and other expected values. */
const table: Array<[name: string, code: number, subcode?: number | undefined, more?: object]> = [
  ['1', 1], ['1/transient', 1, undefined, { is_transient: true }],
  ['2', 2, undefined, { is_transient: true }],
  ['3', 3],
  ['4', 4, undefined, { message: '(#4) Application request limit reached', is_transient: true }],
  ['10', 10], ['200', 200], ['299', 299],
  ['17', 17, 2_446_079],
  ['32', 32],
  ['100', 100], ['100/33', 100, 33, { type: 'GraphMethodException' }], ['100/1504018', 100, 1_504_018],
  ['101', 101],
  ['102', 102],
  ['190', 190], ['190/458', 190, 458], ['190/459', 190, 459], ['190/460', 190, 460], ['190/463', 190, 463], ['190/464', 190, 464],
  ['190/467', 190, 467], ['190/492', 190, 492], ['190/493', 190, 493],
  ['341', 341],
  ['368', 368],
  ['506', 506],
  ['613', 613], ['613/1487742', 613, 1_487_742], ['613/1996', 613, 1_996],
  ['80000', 80_000, 2_446_079], ['80004', 80_004, 2_446_079, { message: /^\(#80004\) There have been too many calls to this ad-account/ }], ['80014', 80_014, 2_446_079]
]

t.test('has a fault for each row of the error table', async (t) => {
  for (const [name, code, subcode, more] of table) {
    const { status, json: { error } } = await ask(name)
    t.equal(status, 400, name)
    t.match(error, { code, message: String, type: 'OAuthException', fbtrace_id: /^A\d+$/, ...more }, name)
    t.equal((error as { error_subcode?: number }).error_subcode, subcode, name)
  }
})

t.test('reports with a limit which one it is, and the remaining minutes', async (t) => {
  const usage = async (name: string) => {
    const { headers } = await ask(name)
    return [JSON.parse(headers.get('x-app-usage') ?? '{}'), Object.values(JSON.parse(headers.get('x-business-use-case-usage') ?? '{}')).flat()[0]]
  }
  t.match(await usage('4'), [{ call_count: 110 }, { estimated_time_to_regain_access: 0 }])
  t.match(await usage('80000'), [{ call_count: 0 }, { type: 'ads_insights', call_count: 110, estimated_time_to_regain_access: 15 }])
  t.match(await usage('80004'), [{ call_count: 0 }, { type: 'ads_management', estimated_time_to_regain_access: 15 }])
})

t.test('requests less data with a 500, which only the message distinguishes from an outage', async (t) => {
  t.match(await ask('1/too-much'), { status: 500, json: { error: { code: 1, message: /reduce the amount of data/ } } })
})

t.test('has an error inside a 200, a text instead of JSON, and a 304', async (t) => {
  t.match(await ask('200-with-error'), { status: 200, json: { error: { code: 2, is_transient: true } } })
  t.match(await ask('200-service-unavailable'), { status: 200, text: 'Service Unavailable' })
  t.match(await ask('304'), { status: 304, text: '' })
})

t.test('accepts other headers and another status for a named fault, but no other body', async (t) => {
  const { status, headers, json } = await ask('80004', { status: 403, headers: { 'x-business-use-case-usage': null } })
  t.match([status, headers.get('x-business-use-case-usage'), json], [403, null, { error: { code: 80_004 } }])
  for (const body of [{ fault: 'nonsense' }, { fault: 'constructor' }, { fault: '4', body: {} }, { fault: '4', reset: 'before' }]) {
    t.match(await facebook.control('/faults', { provider: 'facebook', ...body }), { status: 400, json: { error: /fault/ } })
  }
  t.match(await facebook.control('/faults', { provider: 'pushbullet', fault: '4' }), { status: 400, json: { error: /expected one of none/ } })
})

t.test('sends Facebook\'s usual response for a status without a name', async (t) => {
  for (const [status, code] of [[400, 100], [401, 190], [403, 200], [404, 100], [429, 4], [500, 1], [503, 2]] as const) {
    await facebook.control('/faults', { provider: 'facebook', match: '/me', status, times: 1 })
    t.match(await member.get('/me'), { status, json: { error: { code } } }, String(status))
  }
  await facebook.control('/faults', { provider: 'facebook', match: '/me', status: 502, times: 1 })
  t.match(await member.get('/me'), { status: 502, text: /<h1>502 Bad Gateway/ })
})

t.test('returns 304 for a matching ETag', async (t) => {
  const { headers } = await member.get('/me')
  const again = await facebook.graph('GET /me', {}, { headers: { authorization: `Bearer ${member.accessToken}`, 'if-none-match': headers.get('etag') ?? '' } })
  t.match([again.status, again.text], [304, ''])
})
