import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { definitions, defineService } from '../../../src/providers/index.ts'
import type { ProviderDefinition } from '../../../src/providers/index.ts'

const file = new URL('../../../../../apps/sandbox/src/noticeboard/noticeboard.yaml', import.meta.url)

/** The service of the sandbox, as a deployment with OAUTH2_PROVIDERS reads it. */
export const serviceDocument: object = parse(readFileSync(file, 'utf8'))

export const { definition: configuredService } = defineService(serviceDocument, 'noticeboard.yaml')

/** The providers of the registry, and one that a file configures. */
export const allDefinitions: readonly ProviderDefinition[] = [...definitions, configuredService]
