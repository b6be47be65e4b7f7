import t from 'tap'
import { compileBody } from '../../../../src/providers/oauth2-services/send/body-template.ts'
import { compileTemplate } from '../../../../src/providers/oauth2-services/send/template.ts'
import { compileUrl } from '../../../../src/providers/oauth2-services/send/url-template.ts'

t.test('writes a JSON body whose structure no value can change', async (t) => {
  const { render } = compileBody('json', { note: { title: '{{ title }}', text: 'From {{ account.name }}: {{ text }}' }, tags: ['{{ level }}', 'fixed'], silent: true, priority: 3 })
  const evil = '", "admin": true, "x": "\n</script> {{ account }} {% raw %}'
  t.same(JSON.parse(render({ title: evil, text: evil, account: { name: 'Ann' }, level: 'error' })), {
    note: { title: evil, text: `From Ann: ${evil}` }, tags: ['error', 'fixed'], silent: true, priority: 3
  })
})

t.test('leaves out members and items that turn out empty', async (t) => {
  const { render } = compileBody('json', { title: '{{ title }}', link: { url: '{{ url }}' }, tags: ['{{ level }}'], empty: '' })
  t.same(JSON.parse(render({})), { link: {}, tags: [], empty: '' })
})

t.test('writes a form and a text', async (t) => {
  const form = compileBody('form', { text: '{{ text }}', title: '{{ title }}', 'a&b': '1' })
  t.equal(form.render({ text: 'x&title=y ü' }), 'text=x%26title%3Dy+%C3%BC&a%26b=1')
  t.equal(form.contentType, 'application/x-www-form-urlencoded')
  t.equal(compileBody('text', '{{ title }}: {{ text }}').render({ title: 'T', text: '<b>' }), 'T: <b>')
  t.throws(() => compileBody('form', { a: { b: 'c' } }), /takes an object of texts/)
  t.throws(() => compileBody('text', { a: 'b' }), /takes a text/)
})

t.test('supports conditions and filters', async (t) => {
  const { render } = compileTemplate('{% if urgency == "critical" %}!{% else %}.{% endif %}{{ text | truncate: 8, "…" | upcase }}')
  t.equal(render({ urgency: 'critical', text: 'a long text' }), '!A LONG …')
  t.equal(render({ text: 'b' }), '.B')
})

t.test('has no files, no prototypes and no unknown filters', async (t) => {
  for (const text of ['{% include "/etc/passwd" %}', '{% render "a" %}', '{% layout "a" %}', '{{ text | nonsense }}', '{{ text', '{% if %}']) {
    t.throws(() => compileTemplate(text).render({ text: 'x' }), text)
  }
  t.equal(compileTemplate('{{ account.constructor }}{{ account.__proto__ }}{{ constructor }}').render({ account: {} }), '')
})

t.test('limits the work of a template', async (t) => {
  t.throws(() => compileTemplate('{% for i in (1..100000000) %}{{ i }}{% endfor %}').render({}), /limit/)
  t.throws(() => compileTemplate('x'.repeat(20_000)), /limit/)
})

t.test('encodes each value as one segment of the path', async (t) => {
  const { render, origin } = compileUrl('https://api.example/v1/people/{{ account.id }}/notes/{{ key }}?silent=1')
  t.equal(origin, 'https://api.example')
  t.equal(render({ account: { id: 'a/b?c#d%2e e@ü' }, key: 'k' }), 'https://api.example/v1/people/a%2Fb%3Fc%23d%252e%20e%40%C3%BC/notes/k?silent=1')
  for (const id of ['', '.', '..', ' .. ', undefined]) t.equal(render({ account: { id }, key: 'k' }), undefined, String(id))
  t.equal(compileUrl('https://api.example').render({}), 'https://api.example/')
})

t.test('accepts values only in the path of a URL', async (t) => {
  for (const url of ['https://{{ title }}.example/', 'https://api.example{{ title }}/', '{{ url }}', 'https://api.example/?a={{ title }}', 'nonsense']) {
    t.throws(() => compileUrl(url), url)
  }
})
