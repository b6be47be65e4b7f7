import { definitions as registered } from '@carillon/shared/providers'
import * as providers from './providers.ts'

export const madeUp = Object.values(providers)

/** The providers of Carillon, and the made-up ones. */
export const definitions = [...registered, ...madeUp.map(({ definition }) => definition)]
