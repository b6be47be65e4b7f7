import { backends, createBrowser, createSite, openHandshake, until } from '@carillon/testing'
import type { Site } from '@carillon/testing'
import t from 'tap'
import { spawnCarillon } from '../spawn-carillon.ts'

interface Mail {
  id: string
  returnAddress: string
  subject: string
  text: string
  headers: Record<string, string>
}

interface Connection {
  id: string
  status: string
  statusReason: string | null
  events: Array<{ event: string }>
}

for (const { kind, skip, open } of await backends()) {
  t.test(`connects, unsubscribes and loses an e-mail address, with jobs in ${kind}`, { skip }, async (t) => {
    const { addresses } = await spawnCarillon(t, { ...await open(t) })
    const { apiUrl, sandboxUrl } = addresses
    const site = createSite(addresses)
    const mails = mailsOf(site)

    await t.test('a code proves the address, and a scanner that opens all links changes nothing', async (t) => {
      const handshake = await openHandshake(site, 'ann', { provider: 'email' })
      const browser = createBrowser()
      const page = await browser.follow(await browser.submit(await browser.get(handshake.startUrl), { address: 'Ann@Example.com' }))
      const [confirmation] = await mails('ann@example.com', 1)
      await scan(confirmation)
      t.match(await handshake.look(), { status: 'pending', connectionId: null })
      const code = /^\d{6}$/m.exec(confirmation?.text ?? '')?.[0] ?? ''
      await browser.follow(await browser.submit(page, { code }))
      t.match(await handshake.look(), { status: 'completed', error: null })
      const [, welcome] = await mails('ann@example.com', 2)
      t.match(welcome?.subject, /E-mail is connected/)
    })

    await t.test('a mail program unsubscribes with one POST, and the user undoes it', async (t) => {
      const connectionId = await connect('bob', 'bob@example.com')
      const first = await site.notify(['bob'], 'Message #1')
      await site.delivery(first, connectionId, 'sent')
      const mail = (await mails('bob@example.com', 3)).at(-1)
      const url = /^<(.+)>$/.exec(mail?.headers['list-unsubscribe'] ?? '')?.[1] ?? ''
      t.match(url, new RegExp(`^${apiUrl}/u/[\\w-]{43}$`))
      t.equal(mail?.headers['list-unsubscribe-post'], 'List-Unsubscribe=One-Click')

      await scan(mail)
      const head = await fetch(url, { method: 'HEAD' })
      t.equal(head.status, 200)
      t.same(await mutings(connectionId), [], 'a scanner changes nothing')
      await site.delivery(await site.notify(['bob'], 'Message #2'), connectionId, 'sent')

      const response = await fetch(url, { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }), redirect: 'manual' })
      const text = await response.text()
      t.equal(response.status, 200, 'without a redirect')
      t.match(text, /You are unsubscribed/)
      t.match(text, /among your connections/, 'and says where to undo it')
      t.same(await mutings(connectionId), ['connection.muted'])
      const skipped = await site.delivery(await site.notify(['bob'], 'Message #3'), connectionId, 'skipped')
      t.match(skipped, { attempts: 0, reason: 'unsubscribed', explanation: /unsubscribed this address/ })

      const form = new FormData()
      form.set('List-Unsubscribe', 'One-Click')
      t.equal((await fetch(url, { method: 'POST', body: form })).status, 200, 'a second time, as multipart')
      const browser = createBrowser()
      await browser.submit(await browser.get(url))
      t.same(await mutings(connectionId), ['connection.muted', 'connection.unmuted'])
      await site.delivery(await site.notify(['bob'], 'Message #4'), connectionId, 'sent')
      t.match((await mails('bob@example.com', 5)).map(({ subject }) => subject).slice(2), ['Message #1', 'Message #2', 'Message #4'])
    })

    await t.test('a forged unsubscribe link changes nothing', async (t) => {
      const connectionId = await connect('carl', 'carl@example.com')
      const mail = (await mails('carl@example.com', 2)).at(-1)
      const url = /^<(.+)>$/.exec(mail?.headers['list-unsubscribe'] ?? '')?.[1] ?? ''
      for (const wrong of [url.replace(/.$/, (end) => end === 'A' ? 'B' : 'A'), url.slice(0, -1), `${apiUrl}/u/x`, `${url}AAAA`]) {
        for (const method of ['GET', 'POST']) t.equal((await fetch(wrong, { method })).status, 404, `${method} ${wrong}`)
      }
      t.same(await mutings(connectionId), [])
    })

    await t.test('a bounce that our return address proves ends the connection', async (t) => {
      const connectionId = await connect('dora', 'dora@example.com')
      const mail = (await mails('dora@example.com', 2)).at(-1)
      t.equal(await post(bounce(mail?.returnAddress ?? '', '4.2.2'), 'sandbox-inbound-secret'), 200)
      t.equal(await post(bounce('bounce+00@carillon.example', '5.1.1'), 'sandbox-inbound-secret'), 200)
      t.equal(await post(bounce(mail?.returnAddress ?? '', '5.1.1'), 'wrong'), 401)
      t.match(await look(connectionId), { status: 'active' })
      t.equal(await post(bounce(mail?.returnAddress ?? '', '5.1.1'), 'sandbox-inbound-secret'), 200)
      await until(async () => (await look(connectionId)).status === 'revoked', { what: 'the end of the connection' })
      t.match(await look(connectionId), { statusReason: /the address does not exist/ })
    })

    await t.test('an address that does not exist ends the connection, and one that is full waits', async (t) => {
      const connectionId = await connect('erik', 'erik@example.com')
      await mails('erik@example.com', 2)
      await site.control('POST', '/tokens/revoke', { provider: 'email', account: 'erik@example.com' })
      const failed = await site.delivery(await site.notify(['erik'], 'Message #1'), connectionId, 'failed')
      t.match(failed, { attempts: 1, history: [{}, { outcome: 'gone' }] })
      t.match(await look(connectionId), { status: 'revoked', statusReason: /does not exist/ })
    })

    async function connect (user: string, address: string): Promise<string> {
      const handshake = await openHandshake(site, user, { provider: 'email' })
      const browser = createBrowser()
      const page = await browser.follow(await browser.submit(await browser.get(handshake.startUrl), { address }))
      const [confirmation] = await mails(address, 1)
      await browser.follow(await browser.submit(page, { code: /^\d{6}$/m.exec(confirmation?.text ?? '')?.[0] ?? '' }))
      const { connectionId } = await handshake.look()
      await mails(address, 2)
      return connectionId ?? ''
    }

    async function look (connectionId: string): Promise<Connection> {
      return await site.api('GET', `/v1/connections/${connectionId}`)
    }

    async function mutings (connectionId: string): Promise<string[]> {
      return (await look(connectionId)).events.map(({ event }) => event).filter((event) => event.endsWith('muted'))
    }

    /** What a security scanner does with a mail. */
    async function scan (mail: Mail | undefined): Promise<void> {
      const response = await fetch(`${sandboxUrl}/email/mails/${mail?.id}/scan`, { method: 'POST' })
      t.match(await response.text(), /GET http\S+: 200/)
    }

    async function post (body: string, secret: string): Promise<number> {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'message/rfc822' }
      return (await fetch(`${apiUrl}/inbound/email`, { method: 'POST', headers, body })).status
    }
  })
}

/** The mails of an address, once there are as many. */
function mailsOf (site: Site) {
  return async (address: string, count: number): Promise<Mail[]> => await until(async () => {
    const entries = await site.inbox(address, 'email')
    return entries.length >= count && entries.map(({ item }) => item as unknown as Mail)
  }, { what: `${count} mails to ${address}` })
}

function bounce (to: string, status: string): string {
  return [
    'From: Mail Delivery System <mailer-daemon@mx.example>', `To: ${to}`, 'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=B', '',
    '--B', 'Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; mx.example', '',
    'Action: failed', 'Final-Recipient: rfc822;dora@example.com', `Status: ${status}`, '',
    '--B', 'Content-Type: text/rfc822-headers', '', 'To: dora@example.com', '', '--B--', ''
  ].join('\r\n')
}
