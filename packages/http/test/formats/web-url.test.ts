import t from 'tap'
import { readWebUrl } from '../../src/formats/web-url.ts'

t.test("returns the URL parser's output", async (t) => {
  const cases = [
    ['https://site.example', 'https://site.example/'],
    ['HTTPS://Site.Example:443/a?b=c#d', 'https://site.example/a?b=c#d'],
    ['http://site.example/ä/%C3%A4?q=ö', 'http://site.example/%C3%A4/%C3%A4?q=%C3%B6'],
    ['https://bücher.example/a/../b', 'https://xn--bcher-kva.example/b'],
    ['https://site.example\\@evil.example/', 'https://site.example/@evil.example/'],
    ['http://[::1]:8080/', 'http://[::1]:8080/']
  ] as const
  for (const [text, url] of cases) t.same(readWebUrl(text), { url }, text)
})

t.test('refuses invalid URLs that the URL parser accepts, and explains how to correct them', async (t) => {
  const cases = [
    ['https:site.example', /^must start with http:/], ['https:/site.example', /^must start with http:/], ['https:///site.example', /^must start with http:/],
    ['//site.example', /^must start with http:/], ['ftp://site.example', /^must start with http:/], ['javascript:alert(1)', /^must start with http:/],
    ['', /^must start with http:/], [' https://site.example', /spaces or control characters/], ['https://site.example ', /spaces or control characters/],
    ['https://site.example/a b', /percent-encode/], ['https://site.ex\nample/', /spaces or control characters/], ['https://site.example/\t', /spaces or control characters/],
    ['https://site.example/\u0000', /spaces or control characters/], ['https://site.example/\u00a0', /spaces or control characters/],
    ['https://user@site.example/', /user name or a password/], ['https://:pw@site.example/', /user name or a password/],
    ['https://site.example:99999/', /^must be a URL/], ['http://[::1', /^must be a URL/], ['https://a<b/', /^must be a URL/]
  ] as const
  for (const [text, fault] of cases) t.match(readWebUrl(text), { fault }, JSON.stringify(text))
})
