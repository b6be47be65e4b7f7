import t from 'tap'
import { readAddress, readMailbox } from '../../../src/providers/email/address.ts'

t.test('reads addresses, and makes their domains ASCII', async (t) => {
  for (const [text, expected] of [
    ['ann@example.com', { address: 'ann@example.com', id: 'ann@example.com', domain: 'example.com' }],
    [' Ann.Lee+x@Example.COM ', { address: 'Ann.Lee+x@example.com', id: 'ann.lee+x@example.com', domain: 'example.com' }],
    ["o'neill@example.com", { address: "o'neill@example.com" }],
    ['jörg@bücher.example', { address: 'jörg@xn--bcher-kva.example', domain: 'xn--bcher-kva.example' }],
    [`${'a'.repeat(64)}@example.com`, { domain: 'example.com' }]
  ] as const) t.match(readAddress(text), expected, text)
})

t.test('refuses what is no address, and what could change a header or a command', async (t) => {
  for (const text of [
    '', 'ann', '@example.com', 'ann@', 'ann@localhost', 'ann@example..com', '.ann@example.com', 'ann.@example.com', 'a..b@example.com',
    'ann@exa mple.com', 'ann lee@example.com', '"ann lee"@example.com', 'ann@example.com\r\nBcc: x@example.com', 'ann\n@example.com',
    'ann@example.com, bob@example.com', 'ann@example.com;bob@example.com', '<ann@example.com>', 'Ann <ann@example.com>', 'ann@[192.0.2.1]',
    'ann@192.0.2.1', 'ann@-example.com', 'a\0b@example.com', 'ann@example.com?subject=x', `${'a'.repeat(65)}@example.com`,
    `a@${'b.'.repeat(130)}example`, 'ann\u202e@example.com'
  ]) t.equal(readAddress(text), undefined, JSON.stringify(text))
})

t.test('reads a mailbox with a name', async (t) => {
  t.match(readMailbox('The Site <news@site.example>'), { name: 'The Site', address: { address: 'news@site.example' } })
  t.match(readMailbox('"Site, The" <news@site.example>'), { name: 'Site, The' })
  t.match(readMailbox('news@site.example'), { name: '', address: { domain: 'site.example' } })
  for (const text of ['The Site', 'The Site <news>', 'a\r\nb <news@site.example>', 'x <y> <news@site.example>']) t.equal(readMailbox(text), undefined, text)
})
