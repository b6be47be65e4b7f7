import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { parse as parseYaml } from 'yaml'
import type { ProviderDefinition } from '../define-provider.ts'
import { listReferences } from './config/references.ts'
import { parseServiceConfig } from './config/service-config.ts'
import { defineService } from './define-service.ts'

export interface ServiceFiles {
  definitions: ProviderDefinition[]
  /** One line each: the file, its member and what it takes, without values of variables. */
  errors: string[]
}

/**
 * Reads the files that describe OAuth 2 services. Their references are looked up in `env`. A file with an error defines nothing.
 * `taken` contains the ids of other providers, and `reserved` the variables that mean something else.
 */
export function readServiceFiles (
  paths: readonly string[], env: Record<string, string | undefined>,
  { taken, reserved }: { taken: readonly string[], reserved: readonly string[] }
): ServiceFiles {
  const found: ServiceFiles = { definitions: [], errors: [] }
  for (const path of paths) {
    const { definition, errors } = readServiceFile(path, env, reserved)
    if (definition !== undefined && [...taken, ...found.definitions.map(({ id }) => id)].includes(definition.id)) {
      errors.push(`id is ${JSON.stringify(definition.id)}, which another provider has`)
    }
    found.errors.push(...errors.map((error) => `${path}: ${error}`))
    if (definition !== undefined && errors.length === 0) found.definitions.push(definition)
  }
  return found
}

function readServiceFile (
  path: string, env: Record<string, string | undefined>, reserved: readonly string[]
): { definition?: ProviderDefinition, errors: string[] } {
  const document = readDocument(path)
  if ('error' in document) return { errors: [document.error] }
  const { definition, errors } = defineService(document.content, path)
  const own = listReferences(document.content).filter((name) => reserved.includes(name))
  return {
    definition,
    errors: [
      ...errors,
      ...parseServiceConfig(document.content, env).errors,
      // A document decides where its values are sent, so it cannot have the secrets of Carillon itself.
      ...own.map((name) => `refers to ${name}, which belongs to Carillon; choose another name`)
    ].filter((error, index, all) => all.indexOf(error) === index)
  }
}

function readDocument (path: string): { content: unknown } | { error: string } {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { error: `cannot be read${error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''}` }
  }
  try {
    return { content: extname(path) === '.json' ? JSON.parse(text) : parseYaml(text, { maxAliasCount: 0 }) }
  } catch (error) {
    // The parsers quote the text, which may contain a secret.
    const position = /at (line \d+, column \d+|position \d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    return { error: `is not ${extname(path) === '.json' ? 'JSON' : 'YAML'}${position === undefined ? '' : `: see ${position}`}` }
  }
}
