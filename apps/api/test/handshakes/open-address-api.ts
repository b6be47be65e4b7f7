import { ProviderError } from '@carillon/shared/providers'
import type { AddressHandshake, Confirmation, Credentials, Grant, Provider } from '@carillon/shared/providers'
import type { Test } from 'tap'
import { openTestApi, textAt } from '../open-api.ts'
import type { TestApi } from '../open-api.ts'

/** A provider whose accounts are addresses, which exists only in these tests. It keeps what it sends. */
export interface TestPost {
  /** The confirmations by address, in order. */
  sent: Map<string, Confirmation[]>
  /** Set to make the next requests fail. */
  failure: ProviderError | undefined
  /** Addresses that prove their owner when the code is sent. */
  proven: Set<string>
  offer: Map<string, Provider>
}

/**
 * `dove` confirms with a code; `gull` accepts an address as its own proof. An address that begins with `caged` has a key. A user
 * has one account there, or several.
 */
function createTestPost (accounts: 'one' | 'many'): TestPost {
  const post: TestPost = { sent: new Map(), failure: undefined, proven: new Set(), offer: new Map() }
  const accept = async (text: string): Promise<Grant> => {
    if (post.failure !== undefined) throw post.failure
    if (!/^\w+@\w+$/.test(text)) throw new ProviderError({ kind: 'rejected', reason: 'must be like nick@coop' }, 'coop')
    const newSecret = { label: 'Cage key', value: `key-of-${text}`, hint: 'It opens the cage.' }
    return {
      credentials: { accessToken: `secret-of-${text}` },
      account: { id: text.toLowerCase(), name: text },
      expiresAt: new Date(4e12),
      ...text.startsWith('caged') && { newSecret }
    }
  }
  const field = { label: 'Address', placeholder: 'nick@coop', hint: 'It is painted on the coop.' }
  const sendCode: AddressHandshake['sendCode'] = async ({ account }, confirmation) => {
    if (post.failure !== undefined) throw post.failure
    post.sent.set(account.id, [...post.sent.get(account.id) ?? [], confirmation])
    return post.proven.has(account.id) ? 'proven' : 'sent'
  }
  const dove: AddressHandshake = {
    field,
    accept,
    sendCode,
    generate: { label: 'Build a coop for me', create: () => 'built@coop' },
    deviceLinks: ({ account }) => ({ appUrl: `dove://${account.id}`, webUrl: `https://dove.example/${account.id}` })
  }
  for (const [id, name, address] of [['dove', 'Dove Post', dove], ['gull', 'Gull Post', { field, accept }]] as const) {
    post.offer.set(id, {
      id,
      name,
      holder: 'user',
      accounts,
      origins: [],
      handshakes: { address },
      parseCredentials: (value) => value as Credentials,
      identify: async () => ({ id: 'ann@coop', name: 'ann@coop' })
    })
  }
  return post
}

export interface OpenedAddress {
  id: string
  startUrl: string
  token: string
  give: (address: string) => ReturnType<TestApi['ask']>
  confirm: (code: string) => ReturnType<TestApi['ask']>
  resend: () => ReturnType<TestApi['ask']>
  look: () => Promise<unknown>
}

export async function openAddressApi (
  t: Test, accounts: 'one' | 'many' = 'one'
): Promise<{ api: TestApi, post: TestPost, open: (user: string, provider?: string) => Promise<OpenedAddress> }> {
  const post = createTestPost(accounts)
  const api = await openTestApi(t, { change: () => ({ providers: post.offer }) })
  return {
    api,
    post,
    open: async (user, provider = 'dove') => {
      const token = await api.makeUser(user, user)
      const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider, returnTo: 'https://site.example/' } })
      const id = textAt(body, 'id')
      const path = `/v1/handshakes/${id}`
      return {
        id,
        startUrl: textAt(body, 'startUrl'),
        token,
        give: (address) => api.ask('POST', `${path}/address`, { token, body: { address } }),
        confirm: (code) => api.ask('POST', `${path}/confirm`, { token, body: { code } }),
        resend: () => api.ask('POST', `${path}/resend`, { token }),
        look: async () => (await api.ask('GET', path, { token })).body
      }
    }
  }
}

/** A code that differs from the right one. */
export function wrongCode (code: string): string {
  return code === '000000' ? '000001' : '000000'
}
