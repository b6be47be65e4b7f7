import { definitions } from '@carillon/shared/providers'

/** The providers whose accounts can be connected in a terminal. */
export const providerIds: readonly string[] = definitions.filter(({ terminal }) => terminal !== undefined).map(({ id }) => id)
