import t from 'tap'
import { parseForm } from '../../../src/pages/browser/parse-form.ts'

t.test('parses a form', async (t) => {
  t.match(parseForm('verifier=a+b%2Bc&name=caf%C3%A9&empty='), { verifier: 'a b+c', name: 'caf\u00e9', empty: '' })
})

t.test('refuses bytes that are not UTF-8', async (t) => {
  for (const text of ['verifier=caf\ufffd', 'verifier=caf%E9', 'verifier=caf\u00e9', 'verifier=%', 'a=\u0000']) {
    t.throws(() => parseForm(text), { code: 'badRequest' }, text)
  }
})
