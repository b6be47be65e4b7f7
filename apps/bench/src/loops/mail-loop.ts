import { createTransport } from 'nodemailer'

interface Order {
  smtpUrl: string
  from: string
  addresses: string[]
  connections: number
  mail: { subject: string, text: string, html: string }
}

/** A process that only hands one mail for each address to the server, as fast as possible. */
process.on('message', (order: Order | 'usage') => {
  if (order !== 'usage') mailAll(order).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })

let transport: ReturnType<typeof open> | undefined

function open (smtpUrl: string, maxConnections: number) {
  return createTransport({ url: smtpUrl, pool: true, maxConnections })
}

async function mailAll ({ smtpUrl, from, addresses, connections, mail }: Order): Promise<{ sent: number }> {
  const opened = transport ??= open(smtpUrl, connections)
  const waiting = addresses.values()
  await Promise.all(Array.from({ length: connections }, async () => {
    for (const to of waiting) await opened.sendMail({ from, to, ...mail })
  }))
  return { sent: addresses.length }
}
