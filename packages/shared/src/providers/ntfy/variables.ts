import { hosts, url } from '../../env/index.ts'
import type { VariableTable } from '../../env/index.ts'

export const variables = {
  URL: { ...url('http', 'https'), required: true, about: 'ntfy server of new topics, such as https://ntfy.sh. Without it, ntfy is not offered.' },
  HTTP_HOSTS: { ...hosts, initial: '', about: 'ntfy servers that are called over plain http, for development.' }
} satisfies VariableTable
