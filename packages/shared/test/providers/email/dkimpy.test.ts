import { execFile, spawn } from 'node:child_process'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t from 'tap'
import type { Test } from 'tap'
import { openEmail } from './open-email.ts'

// Debian installs its packages for its own Python.
const python = '/usr/bin/python3'
const isRequired = process.env['CARILLON_REQUIRE_DKIMPY'] === '1'
const isInstalled = await promisify(execFile)(python, ['-c', 'import aiosmtpd, dkim']).then(() => true, () => false)
const skip = isRequired || isInstalled
  ? false
  : 'dkimpy or aiosmtpd is not installed (apt-get install python3-dkim python3-aiosmtpd); CARILLON_REQUIRE_DKIMPY=1 makes this a failure'

/**
 * An SMTP server that prints its port, and then each mail as a line of JSON. It verifies the signature with the public key in the
 * first argument, also after changes to what was signed.
 */
const script = `
import asyncio, email, email.policy, json, sys
import dkim
from aiosmtpd.smtp import SMTP

def lookup(name, timeout=5):
    return 'v=DKIM1; k=rsa; p=' + sys.argv[1] if name in (b'k1._domainkey.carillon.example.', 'k1._domainkey.carillon.example.') else None

class Handler:
    async def handle_DATA(self, server, session, envelope):
        raw = envelope.content
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        changed = [raw.replace(b'One-Click', b'Two-Click'), raw.replace(b'shop.example', b'evil.example'), raw + b'More\\r\\n']
        print(json.dumps({
            'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'isValid': dkim.verify(raw, dnsfunc=lookup),
            'isValidChanged': [one != raw and dkim.verify(one, dnsfunc=lookup) for one in changed],
            'subject': mail['subject'], 'sender': str(mail['from']), 'messageId': mail['message-id'], 'unsubscribe': mail['list-unsubscribe'],
            'text': mail.get_body(('plain',)).get_content(), 'html': mail.get_body(('html',)).get_content(),
            'defects': [str(defect) for part in mail.walk() for defect in part.defects]
        }), flush=True)
        return '250 2.0.0 OK'

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), hostname='localhost', loop=loop), '127.0.0.1', 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
`

/** Starts the server. Returns its port, and reads its next mail. */
async function startServer (t: Test, publicKey: string) {
  const server = spawn(python, ['-c', script, publicKey], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(server, 'exit')
  t.teardown(async () => {
    server.kill()
    await ended
  })
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]()
  const nextLine = async (): Promise<string> => String((await lines.next()).value)
  const port = await nextLine()
  return { port, nextMail: async (): Promise<unknown> => JSON.parse(await nextLine()) }
}

t.test('a server of aiosmtpd receives our mail, and dkimpy verifies its signature', { skip }, async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { port, nextMail } = await startServer(t, publicKey.export({ type: 'spki', format: 'der' }).toString('base64'))
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { send } = await openEmail(t, {
    EMAIL_SMTP_URL: `smtp://127.0.0.1:${port}`, EMAIL_DKIM_SELECTOR: 'k1', EMAIL_DKIM_KEY: pem.replaceAll('\n', '\\n')
  })
  const message = { type: 'link', title: 'Bestellung für Ünal ist 🫖 fertig', body: `${'Long line. '.repeat(120)}\n.\nEnde`, url: 'https://shop.example/7' } as const
  const [key, next] = [randomUUID(), randomUUID()]
  const unsubscribeUrl = () => 'https://notify.site.example/u/token'
  await send('ann@example.com', message, key, { unsubscribeUrl })
  t.match(await nextMail(), {
    from: /^bounce\+.+@carillon\.example$/,
    to: ['ann@example.com'],
    isValid: true,
    isValidChanged: [false, false, false],
    subject: message.title,
    messageId: `<${key}@carillon.example>`,
    unsubscribe: '<https://notify.site.example/u/token>',
    text: /\r\n\.\r\nEnde/,
    html: /https:\/\/shop\.example\/7/,
    defects: []
  })
  await send('ann@example.com', { ...message, collapseKey: 'order 7' }, next, { unsubscribeUrl })
  t.match(await nextMail(), { isValid: true, messageId: `<${next}@carillon.example>` }, 'the second mail on the same connection too')
})
