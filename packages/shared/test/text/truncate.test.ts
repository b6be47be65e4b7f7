import t from 'tap'
import { truncate } from '../../src/text/index.ts'

t.test('does not change a short text', async (t) => {
  for (const text of ['', 'a', 'abc']) t.equal(truncate(text, 3), text)
})

t.test('splits no grapheme', async (t) => {
  const rows: Array<[string, number, string]> = [
    ['abcd', 3, 'abc'],
    ['ab\u{1F514}', 3, 'ab'], // a surrogate pair
    ['cafe\u0301s', 4, 'caf'], // a letter with a combining mark
    ['a\u{1F469}\u200D\u{1F469}\u200D\u{1F467}b', 8, 'a'], // a family emoji
    ['a\u{1F1E9}\u{1F1EA}', 4, 'a'], // a flag
    ['a\r\nb', 2, 'a'],
    ['\u{1F514}', 1, '']
  ]
  for (const [text, length, expected] of rows) t.equal(truncate(text, length), expected, JSON.stringify(text))
})
