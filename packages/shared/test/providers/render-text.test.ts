import t from 'tap'
import { renderText } from '../../src/providers/index.ts'
import type { Message } from '../../src/providers/index.ts'

const actions = [{ title: 'Track it', url: 'https://a.example/t' }, { title: 'Cancel it', url: 'https://a.example/c' }]
const message: Message = { type: 'link', title: 'Title', body: 'Body', url: 'https://a.example/', actions, level: 'info' }

t.test('joins the fields of the text, with its links last', async (t) => {
  t.same(renderText(message, { inText: ['title', 'body', 'url', 'actions'] }), {
    text: 'Title\nBody\nhttps://a.example/\nTrack it: https://a.example/t\nCancel it: https://a.example/c', shortened: [], omitted: ['level']
  })
  t.same(renderText(message, { inText: ['body'], beside: ['title', 'url', 'level'] }), { text: 'Body', shortened: [], omitted: ['actions'] })
})

t.test('lists what it shortens and leaves out', async (t) => {
  const long = { ...message, body: 'word '.repeat(100).trim() }
  const fields = { inText: ['body', 'url', 'actions'], beside: ['title', 'level'] } as const
  t.match(renderText(long, { ...fields, max: 200 }), { text: /word…\nhttps:\/\/a.example\/\nTrack it.*\nCancel it/, shortened: ['body'], omitted: [] })
  t.same(renderText(long, { ...fields, max: 100 }).shortened, ['body', 'actions'])
  t.same(renderText(long, { ...fields, max: 40 }), { text: 'word word word word…\nhttps://a.example/', shortened: ['body'], omitted: ['actions'] })
  t.same(renderText(long, { ...fields, max: 10 }), { text: 'word word…', shortened: ['body'], omitted: ['url', 'actions'] })
  t.match(renderText({ type: 'note', title: 'x'.repeat(20) }, { inText: ['title', 'body'], max: 10 }), { text: 'xxxxxxxxx…', shortened: ['title'] })
})

t.test('has no text when the message has none', async (t) => {
  t.same(renderText({ type: 'note', title: 'Title' }, { inText: ['body', 'actions'], beside: ['title'] }), { shortened: [], omitted: [] })
})
