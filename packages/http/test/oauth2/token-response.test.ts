import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { decodeBody } from '../../src/responses/decode-body.ts'
import { maxTokenResponseBytes, parseTokenBody, readExpiresIn, readTokenResponse } from '../../src/oauth2/token-response.ts'

const pair = { access_token: 'a.1', refresh_token: 'r-1' }

t.test('keeps the usable members of a token response and drops the others', async (t) => {
  const rows: Array<[unknown, object | undefined]> = [
    [pair, pair],
    [{ ...pair, expires_in: 7200 }, { ...pair, expires_in: 7200 }],
    [{ ...pair, expires_in: '7200' }, { ...pair, expires_in: 7200 }],
    [{ ...pair, expires_in: null }, pair],
    [{ ...pair, expires_in: 1e15 }, pair],
    [{ ...pair, expires_in: -5 }, pair],
    [{ ...pair, expires_in: 'soon' }, pair],
    [{ ...pair, expires_in: { seconds: 5 } }, pair],
    [{ ...pair, expires: '5184000' }, { ...pair, expires_in: 5_184_000 }],
    [{ ...pair, expires: 1_764_000_000 }, pair],
    [{ access_token: 'a.1', refresh_token: '' }, { access_token: 'a.1' }],
    [{ access_token: 'a.1', refresh_token: null }, { access_token: 'a.1' }],
    [{ access_token: 'a.1', refresh_token: 7 }, { access_token: 'a.1' }],
    [{ access_token: 'a.1', refresh_token: 'a b' }, { access_token: 'a.1' }],
    [{ ...pair, user: { id: 7 }, scope: null }, { ...pair, user: { id: 7 }, scope: null }],
    [{ access_token: '' }, undefined],
    [{ access_token: null }, undefined],
    [{ access_token: 7 }, undefined],
    [{ access_token: 'a\r\nb' }, undefined],
    [{ access_token: 'a'.repeat(4_097) }, undefined],
    [{ refresh_token: 'r' }, undefined],
    [{ ok: false, error: 'invalid_code' }, undefined],
    [[pair], undefined], ['a', undefined], [null, undefined], [undefined, undefined]
  ]
  for (const [json, expected] of rows) t.strictSame(readTokenResponse(json), expected, JSON.stringify(json)?.slice(0, 100))
})

t.test('parses seconds of a time in the future, up to ten years', async (t) => {
  const year = 365 * 24 * 3_600
  const rows: Array<[unknown, number | undefined]> = [
    [1, 1], [0.5, 0.5], ['1', 1], [' 60 ', 60], ['60.5', 60.5], [10 * year, 10 * year],
    [10 * year + 1, undefined], [0, undefined], ['0', undefined], [-1, undefined], ['-1', undefined], [NaN, undefined], [Infinity, undefined],
    ['1e3', undefined], ['0x10', undefined], ['', undefined], [true, undefined], [[60], undefined], [null, undefined], [undefined, undefined]
  ]
  for (const [value, expected] of rows) t.equal(readExpiresIn(value), expected, String(value))
})

t.test('parses JSON or a form, in any encoding and with any content type', async (t) => {
  const text = JSON.stringify(pair)
  const rows: Array<[Record<string, string>, Buffer | string, object | undefined]> = [
    [{ 'content-type': 'application/json' }, text, pair],
    [{ 'content-type': 'text/html' }, text, pair],
    [{}, text, pair],
    [{}, `\uFEFF${text}`, pair],
    [{}, `\n ${text}\n`, pair],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 'access_token=a.1&refresh_token=r-1', pair],
    [{ 'content-type': 'text/plain' }, 'access_token=a.1&refresh_token=r-1\n', pair],
    [{}, 'access_token=a%2E1&scope=read+write%20all', { access_token: 'a.1', scope: 'read write all' }],
    [{}, 'error=bad_verification_code&error_description=Too+late.', { error: 'bad_verification_code', error_description: 'Too late.' }],
    [{ 'content-encoding': 'gzip' }, gzipSync(text), pair],
    [{ 'content-encoding': 'X-GZIP' }, gzipSync(text), pair],
    [{ 'content-encoding': 'br' }, brotliCompressSync(text), pair],
    [{ 'content-encoding': 'deflate' }, deflateSync(text), pair],
    [{ 'content-encoding': 'deflate' }, deflateRawSync(text), pair],
    [{ 'content-encoding': 'deflate, gzip' }, gzipSync(deflateSync(text)), pair],
    [{ 'content-encoding': 'identity' }, text, pair],
    // An intermediary decoded the body and kept the header.
    [{ 'content-encoding': 'gzip' }, text, pair],
    [{ 'content-encoding': 'gzip' }, gzipSync(`\uFEFF${text}`), pair],
    [{}, '<html><a href="?access_token=x">', undefined],
    [{}, 'Forbidden', undefined],
    [{}, 'Please log in: access_token=none', undefined],
    [{}, `${text.slice(0, -3)}`, undefined],
    [{}, '[]', undefined], [{}, 'null', undefined], [{}, '', undefined]
  ]
  for (const [headers, body, expected] of rows) {
    t.strictSame(parseTokenBody({ headers, body: Buffer.from(body) }), expected, `${JSON.stringify(headers)} ${body.toString('utf8').slice(0, 60)}`)
  }
})

t.test('limits the size of the decoded response', async (t) => {
  const bomb = gzipSync(Buffer.alloc(maxTokenResponseBytes + 1, ' '))
  t.equal(decodeBody({ headers: { 'content-encoding': 'gzip' }, body: bomb }, maxTokenResponseBytes), bomb)
  const least = gzipSync(Buffer.alloc(maxTokenResponseBytes, ' '))
  t.equal(decodeBody({ headers: { 'content-encoding': 'gzip' }, body: least }, maxTokenResponseBytes).length, maxTokenResponseBytes)
})
