import { test } from 'tap'
import { joinBase } from '../../src/formats/join-base.ts'

test('joins a path with a base URL and keeps its query', async (t) => {
  t.equal(joinBase('https://api.example', '/v2/me?a=1')?.href, 'https://api.example/v2/me?a=1')
  t.equal(joinBase('https://api.example/base', '/v2/me')?.href, 'https://api.example/base/v2/me')
  t.equal(joinBase('https://api.example', '//elsewhere.example/')?.href, 'https://api.example//elsewhere.example/')
})

test('refuses a path that leads elsewhere', async (t) => {
  for (const path of ['', '.evil.example/', '@evil.example/', ':8080/']) t.equal(joinBase('https://api.example', path), undefined, path)
  for (const path of ['/../other', '/..%2f/../../other', '/%2e%2e/other', '/..']) t.equal(joinBase('https://api.example/base', path), undefined, path)
  t.equal(joinBase('https://api.example/base', '/../base/me')?.href, 'https://api.example/base/me')
})
