import { isObject } from '@carillon/http'
import { oneOf, secretText } from '../../env/index.ts'
import type { ProviderDefinition } from '../define-provider.ts'
import { Members } from './config/members.ts'
import { listReferences } from './config/references.ts'
import { serviceId, shortText } from './config/readers.ts'
import { parseServiceConfig } from './config/service-config.ts'
import { createService } from './service.ts'

/**
 * The definition of the service that `document` describes, and the errors that do not depend on variables. `about` names the
 * document in the description of its variables.
 */
export function defineService (document: unknown, about: string): { definition: ProviderDefinition, errors: string[] } {
  const errors: string[] = []
  // The identity of the provider is stored with every connection, so it must not depend on the environment.
  const members = new Members(document, '', {}, errors)
  const id = members.require('id', serviceId, 'invalid')
  const name = members.require('name', shortText, 'Invalid')
  const accounts = members.read('accounts', oneOf('one', 'many'), 'one')
  const required = listReferences(document)
  const definition: ProviderDefinition = {
    id,
    name,
    holder: 'user',
    accounts,
    prefix: 'OAUTH2_',
    terminal: { help: ['shows a page; allow access, and the browser comes back to 127.0.0.1'], usesPort: true },
    required,
    variables: Object.fromEntries(required.map((variable) => [variable, { ...secretText, about: `Used by ${about}.` }])),
    create (values) {
      if (required.some((variable) => values[variable] === undefined)) return undefined
      const { config, errors } = parseServiceConfig(document, values)
      if (errors.length > 0) throw new TypeError(`${about}: ${errors.join('; ')}`)
      return { id, name, holder: 'user', accounts, ...createService(config, name) }
    },
    maxPerSecond: () => isObject(document) && typeof document['maxPerSecond'] === 'number' ? document['maxPerSecond'] : undefined
  }
  return { definition, errors }
}
