import { generateVapidKey, parseVapidKey } from './vapid-keys.ts'
import { integer, list } from '../../env/index.ts'
import type { Reader, VariableTable } from '../../env/index.ts'

/** Apple refuses a contact without a full domain name, such as `mailto:admin@localhost`. */
const contact: Reader<string> = {
  accepts: 'mailto: with an e-mail address, or an https URL, at a full domain name',
  read: (value) => {
    const isMail = /^mailto:[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(value)
    const isUrl = URL.canParse(value) && value.startsWith('https://') && new URL(value).hostname.includes('.')
    if (!isMail && !isUrl) throw new Error()
    return value
  }
}

const keys: Reader<string[]> = {
  accepts: 'VAPID private keys in base64url, separated by commas',
  secret: true,
  read: (value) => {
    const items = value.split(',').map((item) => item.trim()).filter((item) => item !== '')
    if (items.length === 0) throw new Error()
    items.forEach(parseVapidKey)
    return items
  }
}

const hosts = list('host names, * for all, or origins such as https://push.example.com:8443', (item) =>
  item === '*' || isOrigin(item) || /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(item))

export const variables = {
  CONTACT: { ...contact, required: true, about: 'Contact of the operator, which push services receive. Without it, Web Push is not offered.' },
  KEYS: {
    ...keys,
    required: true,
    generate: generateVapidKey,
    about: 'VAPID private keys. Browsers subscribe with the first. Keep the others while browsers use them. `carillon keys generate WEBPUSH_KEYS` makes one.'
  },
  RETIRED_KEYS: {
    ...list('ids of VAPID keys, as the error about a missing key names them', (item) => /^[\w-]{11}$/.test(item)),
    about: 'Keys that are lost or no longer trusted. A connection of such a key ends with its next message, and the user subscribes again.'
  },
  HOSTS: {
    ...hosts,
    about: 'Push services that are allowed besides those of Google, Mozilla, Apple and Microsoft. A host name includes its subdomains. Requests to an origin need no guard.'
  },
  TTL_SECONDS: { ...integer(0, 2_419_200), initial: '259200', about: 'How long push services keep a message for a browser that is offline.' }
} satisfies VariableTable

function isOrigin (text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text
}
