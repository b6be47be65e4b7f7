import type { paths } from '../generated/contract.ts'

/** The filters of a list, without the cursor, which the iteration sets. */
export type Query<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Parameters } } }
  ? Omit<NonNullable<Parameters>, 'cursor'>
  : never
