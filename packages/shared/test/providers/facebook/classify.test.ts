import t from 'tap'
import { classify, classifyApp, classifyToken } from '../../../src/providers/facebook/classify.ts'
import { readUsage, restsOf } from '../../../src/providers/facebook/usage.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const json = { 'content-type': 'application/json; charset=UTF-8' }
const html = { 'content-type': 'text/html' }
const page = '<html><body>Do not quote me.</body></html>'
const minute = 60_000

const foreign = { kind: 'transient', reason: 'refused by something in front of the API' }
const byPage = { kind: 'transient', reason: 'a page responded instead of the API' }
const busy = { kind: 'transient', reason: 'not available now' }
const senseless = { kind: 'malformed', reason: 'response is not what was requested' }
const redirects = { kind: 'transient', reason: 'redirects, which is not followed' }

type Row = [number, Record<string, string>, string, object]

/** Twelve minutes for one use case and seven for another. */
const business = {
  'x-business-use-case-usage': JSON.stringify({
    100: [{ type: 'ads_insights', call_count: 100, estimated_time_to_regain_access: 7 }],
    200: [{ type: 'ads_management', call_count: 100, estimated_time_to_regain_access: 12 }]
  })
}

/** One row for each documented code and subcode, and related responses. */
const table: Row[] = [
  [200, json, '{"id":"1"}', { kind: 'ok', value: { id: '1' } }],
  [200, json, '{}', senseless],
  [200, json, '[]', senseless],
  [200, json, 'null', senseless],
  [200, json, '', senseless],
  [200, html, page, byPage],
  [200, json, '{"id":"1","error":null}', { kind: 'ok', value: { id: '1', error: null } }],
  [301, { location: 'https://evil.example/' }, '', redirects],
  [304, {}, '', redirects],

  [400, json, error(1), rejected('unknown error (#1)')],
  [400, json, error(1, undefined, true), transient('(#1)')],
  [500, json, error(1), transient('(#1)')],
  [500, json, error(1, undefined, false, 'Please reduce the amount of data you\'re asking for, then retry your request'),
    { kind: 'rejected', reason: 'the query takes too long (#1)', isTooMuch: true }],
  [400, json, error(2), transient('(#2)')],
  [503, json, error(2, undefined, true), transient('(#2)')],
  [400, json, error(3), rejected('the app may not do this (#3)')],
  [400, json, error(4, undefined, true), limited('the app has reached its limit (#4)', 5, 'host')],
  [400, business, error(4, 1504022, true), limited('the app has reached its limit (#4/1504022)', 12, 'host')],
  [400, json, error(10), rejected('permission is missing (#10)')],
  [403, json, error(200), rejected('permission is missing (#200)')],
  [400, json, error(294), rejected('permission is missing (#294)')],
  [400, json, error(299), rejected('permission is missing (#299)')],
  [400, json, error(300), rejected('request refused (#300)')],
  [400, json, error(17, 2446079), limited('the user or the ad account has reached its limit (#17/2446079)', 5, 'connection')],
  [400, { 'x-ad-account-usage': '{"acc_id_util_pct":100,"reset_time_duration":90}' }, error(17),
    { kind: 'rateLimited', reason: 'the user or the ad account has reached its limit (#17)', retryAt: now + 90_000, scope: 'connection' }],
  [400, json, error(32), limited('the page has reached its limit (#32)', 5, 'connection')],
  [400, json, error(100), rejected('a parameter was refused (#100)')],
  [400, json, error(100, 33), rejected('no such object, or it is not to be seen (#100/33)')],
  [400, json, error(100, 1504018), { kind: 'rejected', reason: 'the query takes too long (#100/1504018)', isTooMuch: true }],
  [400, json, error(100, 9), rejected('a parameter was refused (#100/9)')],
  [400, json, error(100, undefined, false, 'Invalid appsecret_proof provided in the API argument'), { kind: 'misconfigured', reason: 'the proof of our app is not accepted; check FACEBOOK_CLIENT_SECRET (#100)' }],
  [400, json, error(101), rejected('app id is not accepted (#101)')],
  [400, json, error(102), dead('the session is over (#102)')],
  [400, json, error(190), dead('access token is not accepted (#190)')],
  [401, json, error(190), dead('access token is not accepted (#190)')],
  [400, json, error(190, 458), dead('the user has removed the app (#190/458)')],
  [400, json, error(190, 459), dead('the user has to log in at Facebook first (#190/459)')],
  [400, json, error(190, 460), dead('the user has changed the password (#190/460)')],
  [400, json, error(190, 463), dead('access token is expired (#190/463)')],
  [400, json, error(190, 464), dead('the user has to confirm the account at Facebook first (#190/464)')],
  [400, json, error(190, 467), dead('access token is invalid (#190/467)')],
  [400, json, error(190, 492), dead('the user has no role on the page any more (#190/492)')],
  [400, json, error(190, 493), dead('access to data has ended, 90 days after it was last allowed (#190/493)')],
  [400, json, error(190, 999), dead('access token is not accepted (#190/999)')],
  [400, json, error(341), limited('the app has reached its limit (#341)', 5, 'host')],
  [400, json, error(368), rejected('blocked for a breach of policy (#368)')],
  [400, json, error(506), rejected('posted already (#506)')],
  [400, json, error(613, 1487742), limited('the ad account has reached its limit (#613/1487742)', 5, 'connection')],
  [400, json, error(613, 1996), limited('the ad account has reached its limit (#613/1996)', 5, 'connection')],
  ...Array.from({ length: 15 }, (_, index): Row => [
    400, business, error(80_000 + index, 2446079), limited(`a business use case has reached its limit (#${80_000 + index}/2446079)`, 12, 'connection')
  ]),
  [400, json, error(80_015), rejected('request refused (#80015)')],
  [400, json, error(79_999, undefined, true), transient('(#79999)')],
  [500, json, error(1), transient('(#1)')],
  [500, json, error(79_999), transient('(#79999)')],

  // An error in a response with status 200 counts too.
  [200, json, error(190, 463), dead('access token is expired (#190/463)')],
  [200, business, error(80_004, 2446079), limited('a business use case has reached its limit (#80004/2446079)', 12, 'connection')],
  [200, json, error(2, undefined, true), transient('(#2)')],
  [200, html, 'Service Unavailable', busy],
  [200, json, '"Service Unavailable"', busy],
  [200, json, '{"id":"Service Unavailable"}', { kind: 'ok', value: { id: 'Service Unavailable' } }],

  [400, json, '{"error":"Do not quote me."}', foreign],
  [400, json, '{"error":{"message":"Do not quote me."}}', foreign],
  [401, json, '{"error":{"code":190,"message":"Do not quote me."}}', foreign],
  [400, {}, '', foreign],
  [401, html, page, foreign],
  [403, html, page, foreign],
  [403, { 'content-type': 'text/plain' }, 'Do not quote me.', foreign],
  [404, html, page, foreign],
  [451, html, page, foreign],
  [408, {}, '', busy],
  [500, html, page, busy],
  [502, html, page, busy],
  [429, { 'retry-after': '12' }, '', { kind: 'rateLimited', reason: 'too many requests', retryAt: now + 12_000 }]
]

t.test('classifies responses of the Graph API', async (t) => {
  for (const [status, headers, text, failure] of table) {
    t.strictSame(classify({ status, headers, body: Buffer.from(text) }, now, readId), failure, `${status} ${JSON.stringify(headers)} ${text}`)
  }
})

t.test('does not require a reconnect for an error in our configuration', async (t) => {
  for (const [code, classifiers] of [[1, [classifyToken, classifyApp]], [101, [classifyToken, classifyApp]], [190,
    [classifyApp]]] as const) {
    for (const classify of classifiers) {
      t.strictSame(classify({ status: 400, headers: json, body: Buffer.from(error(code)) }, now, readId),
        { kind: 'misconfigured', reason: `Facebook does not accept our app; check FACEBOOK_CLIENT_ID and FACEBOOK_CLIENT_SECRET (#${code})` })
    }
  }
  t.match(classifyToken({ status: 400, headers: json, body: Buffer.from(error(190, 463)) }, now, readId), { kind: 'unauthorized' })
  t.match(classifyToken({ status: 400, headers: json, body: Buffer.from(error(100)) }, now, readId), { kind: 'rejected' })
  for (const status of [500, 503]) {
    t.match(classifyToken({ status, headers: json, body: Buffer.from(error(1)) }, now, readId), { kind: 'transient' }, 'an outage is no refusal')
  }
})

t.test('quotes no text of the response', async (t) => {
  for (const [status, headers, text] of table) {
    const answer = { status, headers, body: Buffer.from(text) }
    if (text.includes('quote')) t.notMatch(JSON.stringify([classify(answer, now, readId), classifyToken(answer, now, readId)]), /quote/)
  }
})

t.test('waits until the last of several limits ends, up to a maximum', async (t) => {
  const waits: Array<[Record<string, string>, number]> = [
    [{}, 5 * minute],
    [business, 12 * minute],
    [{ 'x-ad-account-usage': '{"acc_id_util_pct":100,"reset_time_duration":1200}', ...business }, 20 * minute],
    [{ 'x-ad-account-usage': '{"acc_id_util_pct":3,"reset_time_duration":1200}', ...business }, 12 * minute],
    [{ 'x-business-use-case-usage': '{"1":[{"estimated_time_to_regain_access":0}]}' }, 5 * minute],
    [{ 'x-business-use-case-usage': '{"1":[{"estimated_time_to_regain_access":"3"}]}' }, 3 * minute],
    [{ 'x-business-use-case-usage': '{"1":[{"estimated_time_to_regain_access":100000}]}' }, 60 * minute],
    [{ 'x-business-use-case-usage': '{"1":[{"estimated_time_to_regain_access":-4}]}' }, 5 * minute],
    ...['', 'no JSON', '7', 'null', '[]', '{"1":7}', '{"1":[null]}', '{"1":[{"estimated_time_to_regain_access":{}}]}'].map(
      (text): [Record<string, string>, number] => [{ 'x-business-use-case-usage': text }, 5 * minute])
  ]
  for (const [headers, waitMs] of waits) {
    const failure = classify({ status: 400, headers, body: Buffer.from(error(80_000)) }, now, readId)
    t.match(failure, { kind: 'rateLimited', retryAt: now + waitMs }, JSON.stringify(headers))
  }
})

t.test('reads the usage of the limits from the headers of every response', async (t) => {
  const usages: Array<[Record<string, string>, object[]]> = [
    [{}, []],
    [{ 'x-app-usage': '{"call_count":0,"total_time":0,"total_cputime":0}' }, []],
    [{ 'x-app-usage': '{"call_count":28,"total_time":91,"total_cputime":5}' }, [{ scope: 'host', percent: 91 }]],
    [{ 'x-ad-account-usage': '{"acc_id_util_pct":9.67,"reset_time_duration":0}' }, [{ scope: 'connection', percent: 9.67 }]],
    [{ 'x-fb-ads-insights-throttle': '{"app_id_util_pct":40.5,"acc_id_util_pct":12}' }, [{ scope: 'host', percent: 40.5 }, { scope: 'connection', percent: 12 }]],
    [business, [{ scope: 'connection', percent: 100 }]],
    [{ 'x-app-usage': 'no JSON', 'x-ad-account-usage': '[]', 'x-fb-ads-insights-throttle': '"' }, []]
  ]
  for (const [headers, usage] of usages) t.strictSame(readUsage(headers), usage, JSON.stringify(headers))
})

t.test('pauses before a limit is reached', async (t) => {
  const app = (percent: number) => restsOf({ 'x-app-usage': JSON.stringify({ call_count: percent }) }, now)
  t.strictSame(app(89), [])
  t.strictSame(app(90), [{ scope: 'host', retryAt: now + 5 * minute }])
  t.strictSame(restsOf(business, now), [{ scope: 'connection', retryAt: now + 12 * minute }])
})

function readId (json: unknown): object | undefined {
  return typeof json === 'object' && json !== null && 'id' in json ? json : undefined
}

function error (code: number, subcode?: number, isTransient = false, message = 'Do not quote me.'): string {
  return JSON.stringify({
    error: {
      message, type: 'OAuthException', code, error_subcode: subcode, is_transient: isTransient, error_user_msg: 'Do not quote me.', fbtrace_id: 'A1'
    }
  })
}

function rejected (reason: string) {
  return { kind: 'rejected', reason }
}

function transient (told: string) {
  return { kind: 'transient', reason: `not available now ${told}` }
}

function dead (reason: string) {
  return { kind: 'unauthorized', reason }
}

function limited (reason: string, minutes: number, scope: 'connection' | 'host') {
  return { kind: 'rateLimited', reason, retryAt: now + minutes * minute, scope }
}
