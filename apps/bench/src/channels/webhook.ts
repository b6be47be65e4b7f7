import { createHash, randomBytes } from 'node:crypto'
import { newId } from '@carillon/shared/db'
import type { Channel } from './channel.ts'

/** Webhooks of users at these hosts, whose simulator does not check signatures. */
export function createWebhookChannel (hosts: string[]): Channel {
  return {
    provider: 'webhook',
    hosts: 'many',
    async createSeats (_simulator, index, count) {
      const host = hosts[index]
      if (host === undefined) throw new Error(`There are only ${hosts.length} hosts`)
      return Array.from({ length: count }, () => {
        const account = newId()
        const url = `http://${host}/hooks/${account}`
        const accountId = `${host}/${createHash('sha256').update(url).digest('hex').slice(0, 24)}`
        return { account, accountId, host, credentials: { url, secret: `whsec_${randomBytes(32).toString('base64')}` } }
      })
    },
    limitsFor: () => ({})
  }
}
