import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Message } from '../../../src/providers/message.ts'
import type { ProviderClient } from '../../../src/providers/define-provider.ts'
import type { Rendered } from '../../../src/providers/rendered.ts'
import type { createSetup } from './setup.ts'
import type { Simulator } from './simulator.ts'
import type { Traits } from './traits.ts'

/** The preview of a message is what the account then shows, for every message that the API accepts. */
export async function renderingConformance (
  t: Test, provider: ProviderClient, simulator: Simulator, carried: Message[], setup: ReturnType<typeof createSetup>,
  { refuses = [], refusedFile, stateOf }: Traits
): Promise<void> {
  const { person, call, fails } = setup
  const render = provider.render
  if (render === undefined) throw new Error('a provider that sends messages must render them')

  for (const message of carried) {
    for (const [what, full] of [['with every field', withEveryField(message)], ['as large as the API accepts', largest(message)]] as const) {
      await t.test(`shows a ${message.type} ${what} as it renders it`, async (t) => {
        const rendered = render(deepFreeze(structuredClone(full)))
        t.same(render(full), rendered, 'rendering depends only on the message')
        t.same([...rendered.shortened, ...rendered.omitted].filter((field) => full[field] === undefined), [], 'the message has these fields')
        t.same(rendered.shortened.filter((field) => rendered.omitted.includes(field)), [])

        const someone = await person()
        await provider.send?.(full, randomUUID(), someone.credentials, call(t))
        const arrivals = await simulator.inbox(someone)
        if (stateOf === undefined) t.equal(arrivals.length, 1)
        const seen = JSON.stringify(arrivals)
        const missing = textsOf(rendered).filter((text) => !seen.includes(JSON.stringify(text).slice(1, -1)))
        t.same(missing.slice(0, 5), [], 'the account shows every text')
      })
    }

    await t.test(`accepts a ${message.type} whose texts look like markup`, async (t) => {
      const someone = await person()
      await provider.send?.(withMarkup(message), randomUUID(), someone.credentials, call(t))
      if (stateOf === undefined) t.equal((await simulator.inbox(someone)).length, 1)
    })
  }

  await t.test('refuses to render what it refuses to send', async (t) => {
    for (const type of refuses) await fails(t, async () => render({ type, title: 'T', url: 'https://example.com/', file: aFile }), 'rejected')
    if (refusedFile !== undefined) await fails(t, async () => render({ type: 'file', file: refusedFile }), 'rejected')
    t.pass('nothing else')
  })
}

/** The texts are plain letters and digits, because markup differs between providers. */
function withEveryField (message: Message): Message {
  return {
    ...message,
    title: 'Order 7 is ready',
    body: 'First line\nSecond line',
    image: 'https://example.com/picture.png',
    actions: [{ title: 'Track it', url: 'https://example.com/track' }, { title: 'Cancel it', url: 'https://example.com/cancel' }],
    level: 'error',
    urgency: 'critical',
    collapseKey: 'order-7'
  }
}

function largest (message: Message): Message {
  const actions = [1, 2, 3, 4, 5].map((index) => ({
    title: `Action ${index} ${'t'.repeat(60)}`.slice(0, 60), url: `https://example.com/${index}/`.padEnd(2_000, 'u')
  }))
  return {
    ...withEveryField(message),
    title: 'Title '.repeat(100).slice(0, 500).trim(),
    body: Array.from({ length: 2_000 }, (_, index) => `Line ${index}`).join('\n').slice(0, 10_000),
    ...message.url !== undefined && { url: 'https://example.com/'.padEnd(2_000, 'l') },
    image: 'https://example.com/'.padEnd(2_000, 'i'),
    actions,
    collapseKey: 'k'.repeat(64)
  }
}

function withMarkup (message: Message): Message {
  const text = '<b>&amp;</b> & <!channel> <@U1> @everyone @here *a* _b_ ~c~ `d` ||e|| [f](https://evil.example) {{g}} \\ "\'\r\n> # -\u202e'
  return {
    ...message,
    title: text.replace(/[\r\n]+/g, ' '),
    body: text.repeat(80),
    actions: [{ title: '<i>|]*_`@everyone', url: 'https://example.com/?a=b&c=<d>|)_*' }],
    collapseKey: '<&>"\'/|* é'
  }
}

function textsOf ({ title, text, url, image, actions = [], style = {} }: Rendered): string[] {
  const lines = [title, ...text?.split('\n') ?? [], url, image, ...actions.flatMap((action) => [action.title, action.url])]
  return [...lines, ...Object.values(style).flat()].filter((line) => line !== undefined && line !== '').map(String)
}

function deepFreeze<Value> (value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

const aFile = { name: 'a.bin', type: 'application/octet-stream', data: 'AA==' }
