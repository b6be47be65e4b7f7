import { concurrency } from '../concurrency.ts'
import type { Environment } from '../environment/bench-context.ts'
import { expectSame } from '../environment/check-counts.ts'
import { startWatch } from '../environment/stopwatch.ts'
import { message } from '../message.ts'
import { tellChannel, toChannelResult } from './channel-broadcast.ts'
import type { ChannelResult } from './channel-broadcast.ts'
import type { Measure } from './measure.ts'

/** The default of EMAIL_MAX_CONNECTIONS. */
const smtpConnections = 5
const text = `${message.title}\n\n${message.body}\n`.padEnd(400, '.')
/** As long as the template's HTML. */
const html = `<!doctype html><html><body><h1>${message.title}</h1><p>${message.body}</p></body></html>`.padEnd(3_000, '.')

/** As long as those of Carillon. */
const payload = JSON.stringify({ web_push: 8030, notification: { ...message, lang: 'en', dir: 'auto', data: 'x'.repeat(250) } })
const authorization = `vapid t=${'x'.repeat(270)}, k=${'x'.repeat(87)}`

/** The upper limit of e-mail: nodemailer alone, with the same number of connections. */
export const emailLimit: Measure<ChannelResult> = {
  name: 'limit: a bare nodemailer loop',
  async run (environment) {
    const accounts = await environment.simulator.createAccounts<{ account: string }>('email', environment.sizes.channel, 'limit.example')
    const { EMAIL_SMTP_URL: smtpUrl, EMAIL_FROM: from } = await environment.simulator.environment(['email'])
    const addresses = accounts.map(({ account }) => account)
    const mail = { subject: message.title, text, html }
    return await measureLoop(environment, 'mail-loop', { smtpUrl, from, addresses, connections: smtpConnections, mail })
  },
  tell: tellChannel
}

/** The upper limit of Web Push: encryption and undici alone. The simulator does not check the header. */
export const webpushLimit: Measure<ChannelResult> = {
  name: 'limit: a bare loop with encryption',
  async run (environment) {
    const { simulator, sizes } = environment
    const browsers = await simulator.createAccounts<{ endpoint: string, p256dh: string, auth: string }>('webpush', sizes.channel, 'limit')
    return await measureLoop(environment, 'web-push-loop', { browsers, authorization, payload, concurrency })
  },
  tell: tellChannel
}

/** Sends everything twice. The first time warms up the process. */
async function measureLoop ({ simulator, sizes, startLoop }: Environment, name: string, order: object): Promise<ChannelResult> {
  const loop = startLoop(name)
  try {
    await loop.ready
    await loop.ask(order)
    const stop = await startWatch([loop, simulator.process])
    await loop.ask(order)
    const result = toChannelResult(sizes.channel, await stop())
    expectSame('messages at the simulator', { arrived: await simulator.arrivals() }, { arrived: 2 * sizes.channel })
    return result
  } finally {
    await loop.stop()
    await simulator.reset()
  }
}
