import { defineProvider } from '../define-provider.ts'
import { variables } from './variables.ts'
import { createWebPush } from './webpush.ts'

export const webpush = defineProvider({
  id: 'webpush',
  name: 'Web Push',
  holder: 'user',
  accounts: 'manyExclusive',
  noTerminal: 'only a browser can subscribe',
  env: variables,
  create: ({ CONTACT: contact, KEYS: keys, RETIRED_KEYS: retiredKeys = [], HOSTS: hosts = [], TTL_SECONDS: ttlSeconds }, site) =>
    createWebPush({ contact, keys, retiredKeys, hosts, ttlSeconds }, site)
})
