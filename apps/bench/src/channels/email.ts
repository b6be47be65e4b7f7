import type { Channel } from './channel.ts'

export const email: Channel = {
  provider: 'email',
  hosts: 'many',
  async createSeats (simulator, host, count) {
    const domain = `d${host}.example`
    const accounts = await simulator.createAccounts<{ account: string }>('email', count, domain)
    return accounts.map(({ account }) => ({ account, accountId: account, host: domain, credentials: { address: account } }))
  },
  limitsFor: () => ({ domain: { burst: 20, secondsPerRequest: 0.2, leastWaitSeconds: 5 } })
}
