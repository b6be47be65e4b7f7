import { list, secretText, text, url } from '../../env/index.ts'
import type { Reader, VariableTable } from '../../env/index.ts'

const scopes: Reader<string[]> = list('names such as webhook.incoming', (item) => /^[a-z][a-z0-9_.]*$/.test(item))
const publicKey: Reader<string> = {
  accepts: '64 hexadecimal digits',
  read: (value) => {
    if (!/^[0-9a-f]{64}$/i.test(value)) throw new Error()
    return value
  }
}

export const variables = {
  URL: { ...url('http', 'https'), required: true, about: 'Base of Discord, such as https://discord.com. Without it, Discord is not offered.' },
  CLIENT_ID: { ...text, about: 'Id of the application at Discord. Without it, users can only paste the URL of a webhook.' },
  CLIENT_SECRET: { ...secretText, about: 'Secret of DISCORD_CLIENT_ID.' },
  PUBLIC_KEY: { ...publicKey, about: 'Public key with which Discord signs its events. Without it, events are refused.' },
  BOT_TOKEN: { ...secretText, about: 'Token of the application\'s bot. With it, users who sign in receive direct messages.' },
  SCOPE: {
    ...scopes,
    about: 'Permissions that users grant. With webhook.incoming, they choose a channel. Default: "identify" with DISCORD_BOT_TOKEN, otherwise "webhook.incoming,identify".'
  }
} satisfies VariableTable
