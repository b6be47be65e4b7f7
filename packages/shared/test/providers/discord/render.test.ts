import t from 'tap'
import { render, toContent, toMarkdown } from '../../../src/providers/discord/render.ts'
import type { Message } from '../../../src/providers/message.ts'

t.test('escapes everything that Discord reads as markup', async (t) => {
  for (const [text, markdown] of [
    ['*a* _b_ ~~c~~ `d` ||e||', '\\*a\\* \\_b\\_ \\~\\~c\\~\\~ \\`d\\` \\|\\|e\\|\\|'],
    ['@everyone <@1> <#2> <:x:3> <t:0>', '\\@everyone \\<\\@1\\> \\<#2\\> \\<:x:3\\> \\<t:0\\>'],
    ['[here](https://evil.example)', '\\[here\\](<https://evil.example>)'],
    ['\\*', '\\\\\\*'],
    ['# Title\n-# small\n> quote\n- item\n+ item\n12. item', '\\# Title\n\\-# small\n\\> quote\n\\- item\n\\+ item\n12\\. item'],
    ['a # b - c 1. d', 'a # b - c 1. d'],
    ['See https://a.example/x_y_z*?q=[1]. Then', 'See <https://a.example/x_y_z*?q=[1>\\]. Then'],
    ['https://a.example/`b`|c|', '<https://a.example/`b`|c|>'],
    ['https://', 'https://']
  ] as const) t.equal(toMarkdown(text), markdown)
})

t.test('renders an embed, and mentions no one', async (t) => {
  t.same(show({ title: 'A *title*', body: 'See `this`', url: 'https://a.example/', level: 'error', image: 'https://a.example/i.png' }), {
    embeds: [{
      title: 'A \\*title\\*', url: 'https://a.example/', description: 'See \\`this\\`', color: 0xef4444, image: { url: 'https://a.example/i.png' }
    }],
    allowed_mentions: { parse: [] }
  })
  t.same(show({ type: 'link', url: 'https://a.example/' }), {
    embeds: [{ description: '<https://a.example/>' }], allowed_mentions: { parse: [] }
  }, 'only a title can be a link')
  t.match(show({ body: 'Quiet', urgency: 'low' }), { flags: 4096 })
  t.notHas(show({ body: 'Loud', urgency: 'critical' }), { flags: 4096 })
})

t.test('cuts the title and the text where Discord would refuse them, after escaping', async (t) => {
  const message: Message = {
    type: 'note', title: '*'.repeat(200), body: '_'.repeat(3_000), url: 'https://a.example/', actions: [{ title: 'Open', url: 'https://a.example/open' }]
  }
  const rendered = render(message, 'discord.com')
  t.equal(rendered.title, `${'*'.repeat(127)}…`)
  t.match(rendered.text, /^_+…\nOpen: https:\/\/a\.example\/open$/)
  t.same(rendered.shortened, ['title', 'body'])
  const { embeds: [{ title, description }] } = toContent(rendered) as { embeds: [{ title: string, description: string }] }
  t.ok(title.length <= 256)
  t.ok(description.length <= 4_096 && description.length > 4_090)
  const untitled = render({ ...message, title: '' }, 'discord.com')
  t.match(untitled.text, /…\nhttps:\/\/a\.example\/\nOpen: /, 'the link comes first')
})

t.test('says what it leaves out', async (t) => {
  t.same(render({ type: 'note', title: 'T', collapseKey: 'k', urgency: 'high' }, 'discord.com').omitted, ['urgency', 'collapseKey'])
  t.same(render({ type: 'note', title: 'T', urgency: 'low' }, 'discord.com').omitted, [])
})

t.test('refuses a link without a URL, and a file message without a file', async (t) => {
  for (const type of ['link', 'file'] as const) {
    t.throws(() => render({ type, title: 'T' }, 'discord.com'), { name: 'ProviderError', failure: { kind: 'rejected' } })
  }
})

function show (message: Partial<Message>): Record<string, unknown> {
  return toContent(render({ type: 'note', ...message }, 'discord.com'))
}
