import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readLines } from '../../src/import/read-lines.ts'

const folder = await mkdtemp(join(tmpdir(), 'carillon-lines-'))
t.teardown(() => rm(folder, { recursive: true }))

async function read (content: string | Buffer) {
  const file = join(folder, 'file')
  await writeFile(file, content)
  const lines = []
  for await (const { number, text } of readLines(file)) lines.push([number, text])
  return lines
}

t.test('numbers lines as an editor does, and skips empty ones', async (t) => {
  t.same(await read('a\n\n  \r\nb\r\n\u00e4'), [[1, 'a'], [4, 'b\r'], [5, '\u00e4']])
  t.same(await read(''), [])
  t.same(await read('\n'), [])
})

t.test('drops a byte order mark', async (t) => {
  t.same(await read('\ufeff{"a":1}\n\ufeff{"b":2}'), [[1, '{"a":1}'], [2, '{"b":2}']])
})

t.test('returns no text for a line that is not UTF-8', async (t) => {
  t.same(await read(Buffer.from('a\ncaf\xe9\nb', 'latin1')), [[1, 'a'], [2, undefined], [3, 'b']])
})

t.test('joins the chunks of a line', async (t) => {
  const long = '\u00e4'.repeat(200_000)
  t.same(await read(`${long}\n${long}`), [[1, long], [2, long]])
})
