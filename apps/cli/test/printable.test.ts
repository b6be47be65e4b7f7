import t from 'tap'
import { describeError } from '../src/describe-error.ts'
import { printable } from '../src/printable.ts'

t.test('removes characters that control a terminal or reorder the text', async (t) => {
  const rows = [
    ['Ann', 'Ann'], ['Zoë 🧑‍🚀 שרה', 'Zoë 🧑‍🚀 שרה'], ['\u001b[2Jgone', ' [2Jgone'], ['a\r\nb\tc', 'a b c'], ['a\u202Eb\u2066c', 'a b c'], ['\u009b31m', ' 31m'], ['a\u2028b', 'a b']
  ] as const
  for (const [text, expected] of rows) t.equal(printable(text), expected)
  t.same(describeError(new Error('access was allowed by \u001b]0;evil\u0007')), ['access was allowed by  ]0;evil '])
})
