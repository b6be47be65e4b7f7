import type { Traits } from './traits.ts'

/** Reads the traits in the folder of a provider's tests. */
export async function readTraits (id: string): Promise<Traits> {
  const { traits } = await import(`../${id}/traits.ts`) as { traits: Traits }
  return traits
}
