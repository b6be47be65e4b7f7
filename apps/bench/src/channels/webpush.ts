import type { Channel } from './channel.ts'

interface Browser {
  account: string
  endpoint: string
  host: string
  p256dh: string
  auth: string
}

/** All browsers are at one push service. */
export const webpush: Channel = {
  provider: 'webpush',
  hosts: 'one',
  async createSeats (simulator, host, count) {
    const browsers = await simulator.createAccounts<Browser>('webpush', count, `p${host}`)
    return browsers.map(({ account, endpoint, host, p256dh, auth }) =>
      ({ account, accountId: account, host, credentials: { endpoint, p256dh, auth } }))
  },
  limitsFor: (people) => ({ origin: { burst: Math.ceil(people / 20), secondsPerRequest: 120 / people, leastWaitSeconds: 5 } })
}
