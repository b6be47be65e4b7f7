import fc from 'fast-check'
import t from 'tap'
import { fitText } from '../../src/text/index.ts'

const bytes = (text: string) => Buffer.byteLength(text)

t.test('does not change a text that fits', async (t) => {
  t.same(fitText('Hello', { max: 5 }), { text: 'Hello', isCut: false, links: 0 })
  t.same(fitText('', {}), { text: '', isCut: false, links: 0 })
  t.same(fitText('x'.repeat(100_000), {}).isCut, false, 'no limit')
})

t.test('puts links on lines of their own after the text', async (t) => {
  t.same(fitText('Hello', { links: ['https://a.example', 'Track it: https://b.example'] }),
    { text: 'Hello\nhttps://a.example\nTrack it: https://b.example', isCut: false, links: 2 })
  t.same(fitText('', { links: ['https://a.example'] }), { text: 'https://a.example', isCut: false, links: 1 })
})

t.test('ends a text that it cuts in an ellipsis and the link', async (t) => {
  t.same(fitText('one two three four', { max: 12 }), { text: 'one two thr…', isCut: true, links: 0 })
  t.same(fitText('one two three four', { max: 9 }), { text: 'one two…', isCut: true, links: 0 }, 'no space before the ellipsis')
  t.same(fitText('one two three four', { max: 26, links: ['https://a.example'] }), { text: 'one two…\nhttps://a.example', isCut: true, links: 1 })
})

t.test('splits no grapheme', async (t) => {
  const rows: Array<[string, number, string]> = [
    ['ab\u{1F514}cd', 4, 'ab…'], // a surrogate pair
    ['cafe\u0301s!', 5, 'caf…'], // a letter with a combining mark
    ['a\u{1F469}\u200D\u{1F469}\u200D\u{1F467}b', 8, 'a…'], // a family emoji
    ['a\u{1F1E9}\u{1F1EA}b', 5, 'a…'] // a flag
  ]
  for (const [text, max, expected] of rows) t.equal(fitText(text, { max }).text, expected, JSON.stringify(text))
})

t.test('measures as the provider does', async (t) => {
  t.equal(fitText('äöüß', { max: 8, measure: bytes }).text, 'äöüß')
  t.equal(fitText('äöüßx', { max: 8, measure: bytes }).text, 'äö…', 'the ellipsis has three bytes')
  const escaped = (text: string) => text.replaceAll('&', '&amp;').length
  t.equal(fitText('&&&&', { max: 16, measure: escaped }).text, '&&&…')
})

t.test('never cuts a link, and leaves out the last links first', async (t) => {
  const [first, second, third] = ['https://a.example/first', 'Two: https://a.example/2', 'Three: https://a.example/3']
  const text = 'x'.repeat(200)
  t.match(fitText(text, { max: 120, links: [first, second, third] }), { text: `…\n${first}\n${second}`, links: 2 })
  t.match(fitText(text, { max: 30, links: [first, second] }), { text: `xxxxx…\n${first}`, links: 1 }, 'the first may need more than half')
  t.same(fitText(text, { max: 10, links: [first] }), { text: 'xxxxxxxxx…', isCut: true, links: 0 })
  t.match(fitText('Hi', { max: 120, links: [first, second, third] }), { isCut: false, links: 3 }, 'all while there is space')
})

t.test('fits every text into every space, and keeps its start', async () => {
  const texts = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => !text.includes('…'))
  fc.assert(fc.property(texts, fc.integer({ min: 3, max: 80 }), fc.array(fc.webUrl(), { maxLength: 3 }), (text, max, links) => {
    const fitted = fitText(text, { max, measure: bytes, links })
    const end = links.slice(0, fitted.links).join('\n')
    const [kept = '', cutOff] = fitted.isCut ? fitted.text.split('…') : [text]
    return bytes(fitted.text) <= max && fitted.text.endsWith(end) && text.startsWith(kept) && (cutOff ?? end).trim() === end
  }))
})
