import t from 'tap'
import { html } from '../../src/pages/html.ts'

t.test('escapes values, and leaves its own markup alone', async (t) => {
  const evil = '"><script>alert(\'1\')</script>&'
  t.equal(html`<p title="${evil}">${html`<b>${evil}</b>`}${[1, 'a<', undefined]}</p>`.text,
    '<p title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;"><b>&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;</b>1a&lt;</p>')
})
