import t from 'tap'
import { createStreamStyle } from '../../../src/providers/blotre/stream-style.ts'

t.test('assigns a color and a tag to each level', async (t) => {
  const look = createStreamStyle({ colors: { error: '#AA0000' } })
  t.same(look({ type: 'note', level: 'error' }), { color: '#AA0000', tags: ['error'] })
  t.same(look({ type: 'note', level: 'success' }).tags, ['success'])
  t.same(look({ type: 'note' }), look({ type: 'note', level: 'info' }), 'info without a level')
  const colors = (['info', 'success', 'warning', 'error'] as const).map((level) => look({ type: 'note', level }).color)
  t.equal(new Set(colors).size, 4)
})

t.test('uses the configured tags and the hashtags of the message, up to six, each once', async (t) => {
  const look = createStreamStyle({ tags: ['Carillon', 'shop'] })
  const message = { type: 'link', title: '#Deploy of #web-1', body: 'see a#b, #ff0000 and #shop\n#x_$', url: 'https://example.com/#frag' } as const
  t.same(look(message).tags, ['info', 'carillon', 'shop', 'deploy', 'web-1', 'x_$'])
  t.same(look({ type: 'note', body: '#a #b #c #d #e' }).tags, ['info', 'carillon', 'shop', 'a', 'b', 'c'])
  t.same(createStreamStyle({})({ type: 'note', body: `# #ü #${'x'.repeat(33)} #${'y'.repeat(32)}` }).tags, ['info', 'y'.repeat(32)])
})

t.test('does not treat a part of a word as a hashtag', async (t) => {
  const tagsOf = (body: string) => createStreamStyle({})({ type: 'note', body }).tags.slice(1)
  const cut = ['#caf\u00e9', '#cafe\u0301', '#na\u00efve', '#\u00fcber', '#a\u200cb', '#stra\u00dfe', '#\u65e5\u672c', '#x\u0661', '#col\u00b7lecci', '#w\u{1D51E}']
  for (const body of cut) t.same(tagsOf(body), [], JSON.stringify(body))
  t.same(tagsOf('#caf\u00e9 #tea, #ok! #done\u{1F389}'), ['tea', 'ok', 'done'], 'and punctuation ends one')
})

t.test("refuses colors and tags that Blot're refuses", async (t) => {
  for (const color of ['red', '#fff', '#00ff0g', '00ff00', '']) t.throws(() => createStreamStyle({ colors: { info: color } }), TypeError)
  for (const tag of ['', 'a b', '#a', 'ü', 'ff0000', 'x'.repeat(33)]) t.throws(() => createStreamStyle({ tags: [tag] }), TypeError)
})
