import { createWebhookChannel } from '../channels/webhook.ts'
import { openCarillon, usualBackend } from '../environment/carillon.ts'
import type { Carillon } from '../environment/carillon.ts'
import { countRows, expectSame } from '../environment/check-counts.ts'
import type { Environment } from '../environment/bench-context.ts'
import { startWatch } from '../environment/stopwatch.ts'
import { until } from '../environment/until.ts'
import { micros, rate, share } from './measure.ts'
import type { Measure } from './measure.ts'

export interface ManyHostsResult {
  perSecond: number
  workerBusy: number
  workerCpuMicros: number
  simulatorBusy: number
}

export interface SmallHostResult {
  /** Of all requests. */
  refusedShare: number
  /** Of the requests that the host could have had at once, until nine in ten messages had arrived. */
  usedShare: number
  perSecond: number
}

const hangingHosts = 5
const manyHostsMedianMs = 20
const maxAtOnce = 20
const smallHostMedianMs = 100
const patienceMs = 300_000

export const manyHosts: Measure<ManyHostsResult> = {
  name: 'broadcast to 1,000 hosts', run: (environment) => measureManyHosts(environment, 0), tell: tellManyHosts
}

export const manyHostsSomeHang: Measure<ManyHostsResult> = {
  name: 'broadcast to 1,000 hosts, 5 of which hang',
  run: (environment) => measureManyHosts(environment, hangingHosts),
  tell: tellManyHosts
}

/** The second of two broadcasts: no host hangs in the first one, which warms up the processes. */
async function measureManyHosts (environment: Environment, hangingCount: number): Promise<ManyHostsResult> {
  const { simulator, sizes: { manyHosts: audience, hosts: hostCount } } = environment
  const { carillon, hosts } = await openWithHosts(environment, audience, hostCount)
  try {
    await simulator.behave({ medianMs: manyHostsMedianMs })
    await untilArrived(environment, carillon, audience, await carillon.notify({ everyone: true }))
    await simulator.behave({ medianMs: manyHostsMedianMs, hanging: hosts.slice(0, hangingCount) })
    const hanging = hosts.slice(0, hangingCount).reduce((sum, _, index) => sum + Math.ceil((audience - index) / hostCount), 0)
    const count = audience - hanging
    const stop = await startWatch([carillon.worker, simulator.process])
    const id = await carillon.notify({ everyone: true })
    await untilArrived(environment, carillon, audience + count)
    const { ms, used: [worker, provider] } = await stop()
    await expectArrived(environment, audience + count)
    if (hanging > 0) {
      // What waits for these hosts would take minutes.
      await carillon.control(id, 'cancel')
      await simulator.behave({ medianMs: manyHostsMedianMs })
    }
    await untilSettled(environment, carillon, id)
    const { sent = 0, canceled = 0, ...others } = (await carillon.status(id)).counts
    expectSame('the broadcast', { everybody: sent + canceled, ...others }, { everybody: audience })
    expectSame('deliveries', await countRows(carillon), { sent: audience + sent, canceled })
    await expectArrived(environment, audience + sent)
    return {
      perSecond: count / ms * 1000,
      workerBusy: worker?.busy ?? NaN,
      workerCpuMicros: (worker?.cpuMs ?? NaN) * 1000 / count,
      simulatorBusy: provider?.busy ?? NaN
    }
  } finally {
    await carillon.close()
    await simulator.resetHosts()
  }
}

/** A broadcast to users of one host that refuses requests while it has 20. */
export const smallHost: Measure<SmallHostResult> = {
  name: 'broadcast to a small host',

  async run (environment) {
    const { simulator, sizes: { smallHost: audience } } = environment
    const { carillon } = await openWithHosts(environment, audience, 1)
    try {
      await simulator.behave({ medianMs: smallHostMedianMs, maxAtOnce })
      const id = await carillon.notify({ everyone: true })
      await untilArrived(environment, carillon, 1)
      const startedAt = performance.now()
      const { busyMs: before } = await simulator.hookCounts()
      await untilArrived(environment, carillon, Math.ceil(audience * 0.9))
      const { busyMs, distinct } = await simulator.hookCounts()
      const ms = performance.now() - startedAt
      await untilSettled(environment, carillon, id)
      expectSame('deliveries', await countRows(carillon), { sent: audience })
      const { refused } = await expectArrived(environment, audience)
      return {
        refusedShare: refused / (audience + refused),
        usedShare: (busyMs - before) / (maxAtOnce * ms),
        perSecond: distinct / ms * 1000
      }
    } finally {
      await carillon.close()
      await simulator.resetHosts()
    }
  },

  tell: ({ refusedShare, usedShare, perSecond }) => ({
    rate: rate(perSecond), 'capacity used': share(usedShare), refused: `${(refusedShare * 100).toFixed(1)} %`
  })
}

async function openWithHosts (
  environment: Environment, audience: number, count: number
): Promise<{ carillon: Carillon, hosts: string[] }> {
  const hosts = await environment.simulator.openHosts(count)
  const carillon = await openCarillon(environment, {
    backend: usualBackend(environment),
    audience,
    channels: [createWebhookChannel(hosts)],
    hosts: count,
    settings: { WEBHOOK_HTTP_HOSTS: hosts.join(',') }
  })
  return { carillon, hosts }
}

async function untilArrived ({ simulator }: Environment, carillon: Carillon, count: number, id?: string): Promise<void> {
  const describe = async (): Promise<string> =>
    `${JSON.stringify(await simulator.hookCounts())} at the hosts, deliveries ${JSON.stringify(await countRows(carillon))}`
  await until(async () => (await simulator.hookCounts()).distinct >= count, { everyMs: 20, patienceMs, describe })
  if (id === undefined) return
  await until(async () => (await carillon.status(id)).status === 'completed', { everyMs: 10, patienceMs: 60_000, describe })
}

async function untilSettled ({ simulator }: Environment, carillon: Carillon, id: string): Promise<void> {
  await until(async () => {
    const { sending = 0, queued = 0, retrying = 0 } = (await carillon.status(id)).counts
    return sending + queued + retrying === 0
  }, {
    everyMs: 50,
    patienceMs,
    describe: async () => `${JSON.stringify(await simulator.hookCounts())} at the hosts, deliveries ${JSON.stringify(await countRows(carillon))}`
  })
}

async function expectArrived ({ simulator }: Environment, count: number): Promise<{ refused: number }> {
  const { distinct, repeated, refused } = await simulator.hookCounts()
  expectSame('messages at the hosts', { distinct, repeated }, { distinct: count, repeated: 0 })
  return { refused }
}

function tellManyHosts ({ perSecond, workerBusy, workerCpuMicros, simulatorBusy }: ManyHostsResult): Record<string, string> {
  return {
    rate: rate(perSecond),
    'worker busy': share(workerBusy),
    "worker's CPU/delivery": micros(workerCpuMicros),
    'simulator busy': share(simulatorBusy)
  }
}
