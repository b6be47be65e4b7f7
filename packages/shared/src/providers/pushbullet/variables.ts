import { secretText, text, url } from '../../env/index.ts'
import type { VariableTable } from '../../env/index.ts'

export const variables = {
  CLIENT_ID: { ...text, required: true, about: 'OAuth client at Pushbullet. Without it, Pushbullet is not offered.' },
  CLIENT_SECRET: { ...secretText, required: true, about: 'Secret of PUSHBULLET_CLIENT_ID.' },
  AUTHORIZE_URL: { ...url('http', 'https'), initial: 'https://www.pushbullet.com/authorize', about: 'Page that asks users for access.' },
  API_URL: { ...url('http', 'https'), initial: 'https://api.pushbullet.com', about: 'Base of the API, without /v2.' }
} satisfies VariableTable
