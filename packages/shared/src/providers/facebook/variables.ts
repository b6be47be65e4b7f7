import { list, secretText, text, url } from '../../env/index.ts'
import type { Reader, VariableTable } from '../../env/index.ts'

const scopes: Reader<string[]> = list('names such as ads_read', (item) => /^[a-z][a-z0-9_]*$/.test(item))

const graphVersion: Reader<string> = {
  accepts: 'a version such as v26.0',
  read: (value) => {
    if (!/^v\d+\.\d+$/.test(value)) throw new Error()
    return value
  }
}

export const variables = {
  CLIENT_ID: { ...text, required: true, about: 'Id of the app at Facebook. Without it, Facebook is not offered.' },
  CLIENT_SECRET: { ...secretText, required: true, about: 'Secret of FACEBOOK_CLIENT_ID.' },
  WWW_URL: { ...url('http', 'https'), initial: 'https://www.facebook.com', about: 'Page that asks users for access, without a version.' },
  GRAPH_URL: { ...url('http', 'https'), initial: 'https://graph.facebook.com', about: 'Base of the Graph API, without a version.' },
  VERSION: { ...graphVersion, initial: 'v26.0', about: 'Version of the Graph API. Facebook answers a version that it has ended with the oldest one that it still has.' },
  SCOPE: { ...scopes, initial: 'ads_read', about: 'Permissions that a team\'s owner is asked for.' }
} satisfies VariableTable
