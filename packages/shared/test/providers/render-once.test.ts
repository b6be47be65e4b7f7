import t from 'tap'
import type { Message } from '../../src/providers/index.ts'
import { renderOnce } from '../../src/providers/render-once.ts'

t.test('renders each message once', async (t) => {
  const [first, second]: Message[] = [{ type: 'note', body: 'one' }, { type: 'note', body: 'two' }]
  const rendered: unknown[] = []
  const render = renderOnce((message) => {
    rendered.push(message)
    return message.body
  })
  t.same([first, second, first, second].map((message) => message && render(message)), ['one', 'two', 'one', 'two'])
  t.same(rendered, [first, second])
})

t.test('remembers undefined too, but no error', async (t) => {
  const message: Message = { type: 'note', body: 'one' }
  let calls = 0
  const render = renderOnce(() => {
    if (++calls === 1) throw new Error('not now')
    return undefined
  })
  t.throws(() => render(message), { message: 'not now' })
  t.equal(render(message), undefined)
  t.equal(render(message), undefined)
  t.equal(calls, 2)
})
