import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { openSandbox } from '../../src/index.ts'

const run = promisify(execFile)
const python = await run('python3', ['-c', 'import smtplib']).then(() => true, () => false)

/** Sends one mail to each address with Python's own client, and prints the reply or the refusal. */
const script = `
import smtplib, sys
url, *addresses = sys.argv[1:]
user, password, host, port = url.split(' ')
for address in addresses:
    try:
        with smtplib.SMTP(host, int(port), timeout=10) as smtp:
            smtp.login(user, password)
            smtp.sendmail('ann@site.example', [address], 'Subject: Hello\\r\\nTo: ' + address + '\\r\\n\\r\\nText\\r\\n')
            print(address, 250)
    except smtplib.SMTPRecipientsRefused as error:
        print(address, error.recipients[address][0], error.recipients[address][1].decode())
    except smtplib.SMTPResponseException as error:
        print(address, error.smtp_code, error.smtp_error.decode())
    except smtplib.SMTPServerDisconnected:
        print(address, 'disconnected')
`

t.test('Python\'s smtplib agrees with the mail server', { skip: !python && 'python3 is not installed' }, async (t) => {
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const { username, password, hostname, port } = new URL(sandbox.environment('email')['EMAIL_SMTP_URL'] ?? '')
  const send = async (...addresses: string[]) =>
    (await run('python3', ['-c', script, `${username} ${password} ${hostname} ${port}`, ...addresses])).stdout.trim().split('\n')

  t.match(await send('bob@x.example', 'nouser@x.example', 'full@x.example', 'grey@x.example', 'spam@x.example', 'drop@x.example'), [
    'bob@x.example 250', /^nouser@x\.example 550 5\.1\.1 /, /^full@x\.example 452 4\.2\.2 /, /^grey@x\.example 451 4\.7\.1 /,
    /^spam@x\.example 550 5\.7\.1 /, 'drop@x.example disconnected'
  ])
  const limits = (body: object) => fetch(`${sandbox.url}/_control/email/limits`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  await limits({ domain: { burst: 1, secondsPerRequest: 30 } })
  t.match(await send('cem@y.example', 'dia@y.example', 'eve@z.example'), [
    'cem@y.example 250', /^dia@y\.example 450 4\.2\.1 Too many messages to y\.example, try again in 30 seconds/, 'eve@z.example 250'
  ])
  t.same(await (await fetch(`${sandbox.url}/_control/email/limits`)).json(), { refused: 1, learned: 1, ignored: 0 })
  await limits({})
  const response = await fetch(`${sandbox.url}/_control/inbox?provider=email`)
  const { data } = await response.json() as { data: Array<{ account: string, item: { subject: string } }> }
  t.match(data.map(({ account, item }) => [account, item.subject]), [['bob@x.example', 'Hello'], ['drop@x.example', 'Hello']])
  const wrong = await run('python3', ['-c', script, `${username} wrong ${hostname} ${port}`, 'bob@x.example'])
  t.match(wrong.stdout, /^bob@x\.example 535 5\.7\.8 /)
})
