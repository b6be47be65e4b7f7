import t from 'tap'
import { readReturnTo, withOutcome } from '../../src/handshakes/return-to.ts'
import type { Site } from '../../src/services.ts'

const site: Site = { publicUrl: 'https://carillon.example', name: 'Bell', allowedOrigins: ['https://site.example'], allowsLoopback: false }
const onePath: Site = { publicUrl: 'https://site.example/carillon', name: 'Bell', allowedOrigins: ['https://site.example'], allowsLoopback: false }
const shared: Site = { publicUrl: 'https://site.example', name: 'Bell', allowedOrigins: ['https://site.example'], allowsLoopback: false }
const local: Site = { publicUrl: 'http://127.0.0.1:4000', name: 'Bell', allowedOrigins: [], allowsLoopback: true }
const elsewhere = 'must be on one of the ALLOWED_ORIGINS of this server'
const own = 'must not be on this server, except its connect page'

t.test('accepts return URLs on the site, and of its own pages only the connect page', async (t) => {
  const rows: Array<[site: Site, text: string, fault: string | undefined]> = [
    [site, 'https://site.example/any/path?query#fragment', undefined],
    [site, 'https://carillon.example/connect', undefined],
    [site, 'https://carillon.example/connect/', undefined],
    [site, 'https://carillon.example/connect/pushbullet/callback?code=x&state=y', elsewhere],
    [site, 'https://carillon.example/connect/blotre/start', elsewhere],
    [site, 'https://carillon.example/connect/../connect/blotre/callback', elsewhere],
    [site, 'https://carillon.example/', elsewhere],
    [site, 'https://carillon.example/v1/handshakes', elsewhere],
    [site, 'https://evil.example/connect', elsewhere],
    [shared, 'https://site.example/settings', undefined],
    [shared, 'https://site.example/connected', undefined],
    [shared, 'https://site.example/connect', undefined],
    [shared, 'https://site.example/connect/blotre/callback?code=x', own],
    [shared, 'https://site.example/%63onnect/blotre/callback?code=x', own],
    [shared, 'https://site.example/v1/connections', own],
    [shared, 'https://site.example/docs', own],
    [onePath, 'https://site.example/connect/our/own/page', undefined],
    [onePath, 'https://site.example/carillon/connect', undefined],
    [onePath, 'https://site.example/carillon/connect/blotre/callback', own],
    [onePath, 'https://site.example/carillonette/connect/x', undefined],
    [site, 'http://localhost:3000/', elsewhere],
    [local, 'http://localhost:3000/settings', undefined],
    [local, 'http://127.0.0.1:5173/', undefined],
    [local, 'http://[::1]:8080/', undefined],
    [local, 'https://localhost/', undefined],
    [local, 'http://localhost.evil.example/', elsewhere],
    [local, 'http://192.168.0.2:3000/', elsewhere],
    [local, 'http://127.0.0.1:4000/connect', undefined],
    [local, 'http://localhost:4000/connect/blotre/callback?code=x', own],
    [local, 'http://127.0.0.1:4000/v1/connections', own],
    [site, '/relative', 'must be an absolute URL'],
    [site, 'javascript:alert(1)', 'must be an http or https URL'],
    [site, 'https://user@site.example/', 'must not hold a user name or a password']
  ]
  for (const [on, text, fault] of rows) {
    t.match(readReturnTo(on, text), fault === undefined ? { url: String } : { fault }, `${text} of ${on.publicUrl}`)
  }
})

t.test('stores query and fragment byte for byte', async (t) => {
  const rows = [
    ['https://site.example/a?x=%E9&flag&&y=a+b%20c\'"<>|#part=%e9', 'https://site.example/a?x=%E9&flag&&y=a+b%20c\'"<>|#part=%e9'],
    ['https://site.example', 'https://site.example/'],
    ['https:site.example/a/../b?q', 'https://site.example/b?q'],
    ['https://site.example/größe?q=ö\r\nx', 'https://site.example/gr%C3%B6%C3%9Fe?q=%C3%B6x']
  ] as const
  for (const [text, url] of rows) t.same(readReturnTo(site, text), { url }, text)
})

t.test('adds the result to the query, and changes nothing else of the URL', async (t) => {
  const outcome = { carillon: 'failed', provider: 'blotre', reason: 'denied' }
  const added = 'carillon=failed&provider=blotre&reason=denied'
  const rows = [
    ['https://site.example/', `https://site.example/?${added}`],
    ['https://site.example/?', `https://site.example/?${added}`],
    ['https://site.example/?x=%E9&flag&y=a+b#part', `https://site.example/?x=%E9&flag&y=a+b&${added}#part`],
    ['https://site.example/?carillon=connected&provider=x&missing=y&a=1', `https://site.example/?a=1&${added}`],
    ['https://site.example/?carillon=failed&handshake=hsk_1&connection=con_1&a=1', `https://site.example/?a=1&${added}`],
    ['https://site.example/?missing=mine', `https://site.example/?missing=mine&${added}`],
    ['https://site.example/#a?b', `https://site.example/?${added}#a?b`]
  ] as const
  for (const [returnTo, expected] of rows) t.equal(withOutcome(returnTo, outcome), expected)
})
