import type { Channel } from '../channels/channel.ts'
import { email } from '../channels/email.ts'
import { webpush } from '../channels/webpush.ts'
import { openCarillon, usualBackend } from '../environment/carillon.ts'
import type { Carillon } from '../environment/carillon.ts'
import { countRows, expectSame } from '../environment/check-counts.ts'
import type { Environment } from '../environment/bench-context.ts'
import { startWatch } from '../environment/stopwatch.ts'
import type { Span } from '../environment/stopwatch.ts'
import { until } from '../environment/until.ts'
import { micros, rate, share } from './measure.ts'
import type { Measure } from './measure.ts'

export interface ChannelResult {
  perSecond: number
  senderBusy: number
  senderCpuMicros: number
  simulatorBusy: number
}

export const emailBroadcast: Measure<ChannelResult> = {
  name: 'broadcast by e-mail', run: (environment) => measureChannel(environment, email), tell: tellChannel
}

export const webpushBroadcast: Measure<ChannelResult> = {
  name: 'broadcast by Web Push', run: (environment) => measureChannel(environment, webpush), tell: tellChannel
}

const patienceMs = 300_000

/** The second of two broadcasts. The first one warms up the processes. */
async function measureChannel (environment: Environment, channel: Channel): Promise<ChannelResult> {
  const { channel: audience } = environment.sizes
  const carillon = await openCarillon(environment, { backend: usualBackend(environment), audience, channels: [channel] })
  try {
    await broadcast(environment, carillon, audience)
    const stop = await startWatch([carillon.worker, environment.simulator.process])
    await broadcast(environment, carillon, 2 * audience)
    const result = toChannelResult(audience, await stop())
    expectSame('deliveries', await countRows(carillon), { sent: 2 * audience })
    expectSame('messages at the simulator', { arrived: await environment.simulator.arrivals() }, { arrived: 2 * audience })
    return result
  } finally {
    await carillon.close()
  }
}

async function broadcast ({ simulator }: Environment, carillon: Carillon, total: number): Promise<void> {
  const id = await carillon.notify({ everyone: true })
  const describe = async (): Promise<string> =>
    `${await simulator.arrivals()} messages at the simulator, deliveries ${JSON.stringify(await countRows(carillon))}`
  await until(async () => await simulator.arrivals() >= total, { everyMs: 50, patienceMs, describe })
  await until(async () => (await carillon.status(id)).status === 'completed', { everyMs: 10, patienceMs: 60_000, describe })
}

export function toChannelResult (count: number, { ms, used: [sender, simulator] }: Span): ChannelResult {
  return {
    perSecond: count / ms * 1000,
    senderBusy: sender?.busy ?? NaN,
    senderCpuMicros: (sender?.cpuMs ?? NaN) * 1000 / count,
    simulatorBusy: simulator?.busy ?? NaN
  }
}

export function tellChannel ({ perSecond, senderBusy, senderCpuMicros, simulatorBusy }: ChannelResult): Record<string, string> {
  return {
    rate: rate(perSecond),
    'sender busy': share(senderBusy),
    "sender's CPU/message": micros(senderCpuMicros),
    'simulator busy': share(simulatorBusy)
  }
}
