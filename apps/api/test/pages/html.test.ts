import t from 'tap'
import { foreign, foreignText, html } from '../../src/pages/html.ts'

t.test('escapes values, and keeps its own markup', async (t) => {
  const evil = '"><script>alert(\'1\')</script>&'
  t.equal(html`<p title="${evil}">${html`<b>${evil}</b>`}${[1, 'a<', undefined]}</p>`.text,
    '<p title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;"><b>&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;</b>1a&lt;</p>')
})

t.test('isolates external text, replaces direction marks, and truncates it', async (t) => {
  t.equal(foreign('<b>Ann</b>').text, '<bdi>&lt;b&gt;Ann&lt;/b&gt;</bdi>')
  t.equal(foreign('An\u202En').text, '<bdi>An\uFFFDn</bdi>')
  t.equal(foreign('x'.repeat(80)).text, `<bdi>${'x'.repeat(80)}</bdi>`)
  t.equal(foreign('x'.repeat(81)).text, `<bdi>${'x'.repeat(80)}…</bdi>`)
  t.equal(foreignText('Ann'), '\u2068Ann\u2069')
})
