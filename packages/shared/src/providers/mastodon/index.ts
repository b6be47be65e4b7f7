import { defineProvider } from '../define-provider.ts'
import { createMastodon } from './mastodon.ts'
import { variables } from './variables.ts'

export const mastodon = defineProvider({
  id: 'mastodon',
  name: 'Mastodon',
  holder: 'user',
  accounts: 'many',
  env: variables,
  hasUserHosts: true,
  terminal: {
    help: ['shows a page; allow access there, and type the code that it shows'],
    account: '@user@host or the host; the command asks for it if it is missing',
    examples: ['@alice@social.example', 'social.example'],
    defaults: { CLIENT_NAME: 'Carillon' }
  },
  create: ({ CLIENT_NAME, HTTP_HOSTS, SENDS, VISIBILITY, BOT_URL, BOT_TOKEN }) =>
    createMastodon({
      clientName: CLIENT_NAME,
      insecureHosts: HTTP_HOSTS,
      visibility: VISIBILITY,
      bot: SENDS === 'mention' ? readBot(BOT_URL, BOT_TOKEN) : undefined
    })
})

function readBot (url: string | undefined, token: string | undefined): { url: string, token: string } {
  if (url === undefined || token === undefined) throw new TypeError('MASTODON_SENDS=mention needs MASTODON_BOT_URL and MASTODON_BOT_TOKEN')
  return { url, token }
}
