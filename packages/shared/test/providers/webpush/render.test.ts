import t from 'tap'
import type { Message } from '../../../src/providers/index.ts'
import { renderMessage, shorten, topicOf, toPayload } from '../../../src/providers/webpush/render.ts'

const key = '0198b7b2-7f3a-5c51-8c8c-0123456789ab'
const seenToken = 't'.repeat(200)

function render (fields: Partial<Message>, isShort = false) {
  const message: Message = { type: 'note', ...fields }
  const rendered = renderMessage(message, 'Teapot Shop')
  const payload = toPayload(isShort ? shorten(rendered) : rendered, { key, message, seenToken })
  return { ...rendered, bytes: payload.length, payload: JSON.parse(payload.toString()) }
}

t.test('renders a declarative message', async (t) => {
  const { payload, shortened, omitted } = render({
    type: 'link', title: 'Order', body: 'It is on its way.', url: 'https://shop.example/1', urgency: 'critical', level: 'success'
  })
  t.same(payload, {
    web_push: 8030,
    notification: {
      title: 'Order', body: 'It is on its way.', navigate: 'https://shop.example/1', tag: key, requireInteraction: true, data: { seen: seenToken }
    }
  })
  t.same([shortened, omitted], [[], ['level']])
  t.match(render({ body: 'Hello', urgency: 'low' }).payload.notification, { title: 'Teapot Shop', silent: true })
})

t.test('renders two buttons and the picture', async (t) => {
  const actions = ['One', 'Two', 'Three'].map((title) => ({ title, url: `https://shop.example/${title}` }))
  const { payload, shortened } = render({ title: 'Order', image: 'https://shop.example/tea.png', actions })
  t.match(payload.notification, {
    image: 'https://shop.example/tea.png',
    navigate: 'https://shop.example/One',
    actions: [
      { action: '0', title: 'One', navigate: 'https://shop.example/One' }, { action: '1', title: 'Two', navigate: 'https://shop.example/Two' }
    ]
  })
  t.same(shortened, ['actions'])
})

t.test('gives messages with the same collapse key the same tag and topic', async (t) => {
  t.equal(render({ title: 'Score', collapseKey: 'match 7' }).payload.notification.tag, topicOf('match 7'))
  t.match(topicOf('match 7'), /^[\w-]{32}$/)
  t.not(topicOf('match 8'), topicOf('match 7'))
})

t.test('cuts a long text, and keeps the link', async (t) => {
  for (const letter of ['a', 'é', '👩‍🚀', '"', '\u0001']) {
    const { bytes, payload, shortened } = render({ title: 'Title', body: letter.repeat(4_000), url: 'https://shop.example/' })
    t.ok(bytes <= 2_700 && bytes > 2_300, `${bytes} bytes`)
    t.match(payload.notification, { title: 'Title', body: /^.+…$/u, navigate: 'https://shop.example/', data: { seen: seenToken } })
    t.same(shortened, ['body'])
  }
})

t.test('leaves out the picture and buttons that leave no space for the text', async (t) => {
  const long = `https://shop.example/${'a'.repeat(1_500)}`
  const { bytes, payload, omitted } = render({ title: 'T'.repeat(500), body: 'Body', url: long, image: long, actions: [{ title: 'One', url: long }] })
  t.ok(bytes <= 2_700)
  t.match(payload.notification, { title: /^T+…$/, body: 'Body', navigate: long, image: undefined, actions: undefined })
  t.same(omitted, ['image', 'actions'])
})

t.test('has a short form', async (t) => {
  const { bytes, payload } = render({ title: 'T'.repeat(500), body: 'Body', url: `https://shop.example/${'a'.repeat(500)}` }, true)
  t.ok(bytes <= 1_300, `${bytes} bytes`)
  t.match(payload.notification, { title: /^T+…$/, body: undefined, navigate: /^https/, tag: key })
  const far = render({ title: 'Title', url: `https://shop.example/${'a'.repeat(2_000)}` }, true)
  t.match(far.payload.notification, { title: 'Title', navigate: undefined })
})
