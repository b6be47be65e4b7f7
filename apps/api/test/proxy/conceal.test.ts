import { Readable } from 'node:stream'
import t from 'tap'
import { conceal } from '../../src/proxy/conceal.ts'

const secret = 'EAAB/x+y=|"ä\'z'
const [stars] = ['*'.repeat(Buffer.byteLength(secret))]

async function read (chunks: Array<string | Buffer>, secrets: string[]): Promise<string> {
  const body = Readable.from(chunks.map((chunk) => Buffer.from(chunk)), { objectMode: false })
  const answer = conceal({ status: 200, headers: {}, body }, secrets)
  return Buffer.concat(await answer.body.toArray()).toString('latin1')
}

t.test('finds a secret that is split across chunks, at any position', async (t) => {
  const text = Buffer.from(`before ${secret} between ${secret}${secret} after`)
  const expected = `before ${stars} between ${stars}${stars} after`
  for (let at = 0; at <= text.length; at++) {
    t.equal(await read([text.subarray(0, at), text.subarray(at)], [secret]), expected, `at ${at}`)
  }
  t.equal(await read([...text].map((byte) => Buffer.from([byte])), [secret]), expected, 'byte by byte')
  t.equal(await read([Buffer.alloc(0), text, Buffer.alloc(0)], [secret]), expected)
  t.equal(await read([Buffer.from(secret)], [secret]), stars, 'the text contains only the secret')
})

t.test('finds every encoding of a secret, split or not', async (t) => {
  const percent = encodeURIComponent(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  const forms = {
    'percent-encoded': percent,
    'percent-encoded in lower case': percent.replace(/%../g, (escape) => escape.toLowerCase()),
    'percent-encoded after RFC 3986': percent.replaceAll("'", '%27'),
    'a form': new URLSearchParams({ a: secret }).toString().slice(2),
    JSON: json,
    'JSON with escaped slashes': json.replaceAll('/', '\\/'),
    'JSON for pages': json.replace(/[+=']/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`),
    'JSON for pages in upper case': json.replace(/[+=']/g, (character) => `\\u00${character.charCodeAt(0).toString(16).toUpperCase()}`)
  }
  for (const [what, form] of Object.entries(forms)) {
    const expected = `<${'*'.repeat(Buffer.byteLength(form))}>`
    t.equal(await read([`<${form}>`], [secret]), expected, what)
    t.equal(await read([...`<${form}>`], [secret]), expected, `${what}, character by character`)
  }
})

t.test('finds characters that only one encoding escapes differently', async (t) => {
  const odd = "EA B~!*(c)'\u001f"
  const forms = {
    'percent-encoded, which leaves !*()\' as they are': "EA%20B~!*(c)'%1F",
    'percent-encoded after RFC 3986, which leaves ~ as it is': 'EA%20B~%21%2A%28c%29%27%1F',
    'a form, which leaves * as it is': 'EA+B%7E%21*%28c%29%27%1F',
    'JSON with the digits in lower case': "EA B~!*(c)'\\u001f",
    'JSON with the digits in upper case': "EA B~!*(c)'\\u001F"
  }
  for (const [what, form] of Object.entries(forms)) t.equal(await read([`<${form}>`], [odd]), `<${'*'.repeat(form.length)}>`, what)
  const [dense] = ['>>>???>>>???>>>???']
  for (const before of ['', 'a', 'ab']) {
    for (const encoding of ['base64', 'base64url'] as const) {
      const seen = await read([Buffer.from(`${before}${dense}`).toString(encoding)], [dense])
      t.match(seen, /^.{0,3}\*{20,}.{0,3}$/, `${encoding} after ${before.length} bytes`)
    }
  }
})

t.test('finds a secret in base64, at any position of the text', async (t) => {
  for (const before of ['', 'a', 'ab', 'client:', 'client_id:1:']) {
    for (const after of ['', '!', ':more', '??']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = Buffer.from(`${before}${secret}${after}`).toString(encoding)
        const seen = await read([`{"auth":"Basic ${text.slice(0, 7)}`, `${text.slice(7)}"}`], [secret])
        t.equal(seen.length, text.length + 17)
        const left = Buffer.from(/Basic (.*)"/.exec(seen)?.[1]?.replaceAll('*', 'A') ?? '', 'base64').toString()
        t.notOk(left.includes(secret.slice(2, -2)), `${before}…${after} ${encoding}`)
        t.match(seen, /\*{12}/)
      }
    }
  }
})

t.test('conceals several secrets, even if they have the same prefix', async (t) => {
  const [short, long] = ['token-1234', 'token-1234-and-more']
  t.equal(await read([`${long} ${short}.`], [short, long]), `${'*'.repeat(19)} ${'*'.repeat(10)}.`)
  t.equal(await read([`${long.slice(0, 12)}`, `${long.slice(12)} ${short}.`], [short, long]), `${'*'.repeat(19)} ${'*'.repeat(10)}.`)
})

t.test('conceals them in headers too, and changes nothing else', async (t) => {
  const headers = { link: `<https://graph.example/?access_token=${encodeURIComponent(secret)}>; rel="next"`, via: ['a', `${secret}b`] }
  const answer = conceal({ status: 200, headers, body: Readable.from([Buffer.from('x')]) }, [secret])
  t.notMatch(JSON.stringify(answer.headers), /EAAB/)
  t.match(answer.headers, { link: /^<https:\/\/graph\.example\/\?access_token=\*+>; rel="next"$/, via: ['a', /^\*+b$/] })
  const bytes = Buffer.from(Array.from({ length: 1_024 }, (_, index) => index % 256))
  t.equal(await read([bytes.subarray(0, 300), bytes.subarray(300)], [secret]), bytes.toString('latin1'))
  const untouched = { status: 200, headers, body: Readable.from([]) }
  t.equal(conceal(untouched, []), untouched)
  t.equal(conceal(untouched, ['']), untouched)
})

t.test('refuses a response whose encoding hides its content', async (t) => {
  const body = Readable.from([Buffer.from('x')])
  t.throws(() => conceal({ status: 200, headers: { 'content-encoding': 'gzip' }, body }, [secret]), { code: 'providerUnavailable' })
  t.equal(body.destroyed, true)
})
