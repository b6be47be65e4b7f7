import type { Traits } from './traits.ts'

/** The traits that stand beside a provider's tests. */
export async function readTraits (id: string): Promise<Traits> {
  const { traits } = await import(`../${id}/traits.ts`) as { traits: Traits }
  return traits
}
