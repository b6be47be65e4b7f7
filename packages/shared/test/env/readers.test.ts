import t from 'tap'
import { hostsOrRanges, origins } from '../../src/config/readers.ts'
import { integer, secretUrl, url } from '../../src/env/index.ts'
import type { Reader } from '../../src/env/index.ts'
import { createGuard } from '@carillon/http'
import { variables } from '../../src/providers/blotre/variables.ts'

const { COLORS: colors, TAGS: tags } = variables

t.test('a URL is absolute, has a known scheme, and accepts a path after it', async (t) => {
  const reader = url('http', 'https')
  t.equal(reader.read('https://site.example'), 'https://site.example')
  t.equal(reader.read('HTTP://127.0.0.1:80/base//'), 'http://127.0.0.1/base', 'it has the form that the URL parser writes')
  for (const wrong of [
    'site.example', 'ftp://site.example', 'https:site.example', 'https:/site.example', 'https://', '//site.example', 'javascript:alert(1)',
    'https://site.example/?a=1', 'https://site.example/#a', ' https://site.example', 'https://site.example:99999', 'https://site.example ', 'https://site.example/a b',
    'https://site.exam\nple', 'https://ann:secret@site.example', 'https:///site.example'
  ]) refuses(t, reader, wrong)
})

t.test('the URL of a store may have parameters', async (t) => {
  const reader = secretUrl('postgres', 'postgresql')
  const address = 'postgres://carillon:secret@db.example:5432/carillon?sslmode=require'
  t.equal(reader.read(address), address)
  for (const wrong of ['mysql://db.example/carillon', 'postgres:carillon', 'db.example']) refuses(t, reader, wrong)
})

t.test('an integer has only digits and is within its range', async (t) => {
  const reader = integer(1, 64)
  t.same(['1', '64', '007'].map(reader.read), [1, 64, 7])
  for (const wrong of ['0', '65', '-1', '1.5', '1e1', '0x10', ' 1', '1 ', 'one', '9'.repeat(400)]) refuses(t, reader, wrong)
})

t.test('origins have no path, and extra spaces and commas do not matter', async (t) => {
  t.same(origins.read(' https://site.example, http://localhost:3000 ,'), ['https://site.example', 'http://localhost:3000'])
  t.same(origins.read(' , '), [])
  for (const wrong of [
    '*', 'null', 'site.example', 'https://site.example/', 'https://site.example/page', 'https://SITE.example', 'https://site.example:443',
    'https://a.example https://b.example', 'app://site'
  ]) refuses(t, origins, wrong)
})

t.test('private hosts are parsed exactly as the guard parses them', async (t) => {
  const right = [
    'localhost', 'pump.internal', 'a_b.c-d.example', 'EXAMPLE', 'host.3com', 'x1',
    '127.0.0.1', '::1', 'fd00::1', '10.0.0.0/8', 'fd00::/8', '::ffff:10.0.0.1'
  ]
  const wrong = [
    '10.0.0.256', '10.0.0', '10.0.0.0/33', '10.0.0.0/', '/8', 'fd00::/129', 'fd00::1::2', 'host:8080', '127.0.0.1:80', '[::1]', 'a..b',
    '.a', 'a.', '-a', 'a-', 'a.1', '*.example', 'http://a.example', 'a b', 'näh.example', '999', '1.2.3.4.5'
  ]
  for (const item of [...right, ...wrong]) {
    const outcome = { config: takes(() => hostsOrRanges.read(item)), guard: takes(() => createGuard([item])) }
    t.equal(outcome.config, outcome.guard, item)
  }
  for (const item of ['10.0.0.256', 'host:8080', 'a.1', '10.0.0.0/33', '*.example']) refuses(t, hostsOrRanges, item)
  t.same(hostsOrRanges.read('localhost, 10.0.0.0/8,'), ['localhost', '10.0.0.0/8'])
})

t.test('tags and colors are valid for a stream', async (t) => {
  t.same(tags.read('prod, a_b-c$,X1'), ['prod', 'a_b-c$', 'X1'])
  for (const wrong of ['#prod', 'two words', 'ff0000', 'x'.repeat(33), 'é']) refuses(t, tags, wrong)
  t.same(colors.read('info=0000FF, error=aa0000'), { info: '#0000ff', error: '#aa0000' })
  for (const wrong of ['info', 'info=red', 'info=#0000ff', 'info=00f', 'fatal=0000ff', 'INFO=0000ff', '__proto__=0000ff', 'info=x=0000ff']) {
    refuses(t, colors, wrong)
  }
})

function refuses (t: Tap, reader: Reader<unknown>, text: string): void {
  t.throws(() => reader.read(text), `refuses ${text.slice(0, 40)}`)
}

function takes (read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}

type Tap = Pick<typeof t, 'throws'>
