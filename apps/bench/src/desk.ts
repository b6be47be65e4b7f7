import type { Footing } from './ground/ground.ts'

/** What a command needs of the process it runs in. */
export interface Desk {
  /** Opens what everything stands on; once. It is closed when the command ends. */
  open: (options: { profiles?: string | undefined }) => Promise<Footing>
  /** Tells of progress. */
  say: (line: string) => void
  /** Prints the result. */
  print: (text: string) => void
  /** Has the process end with code 1. */
  fail: () => void
}
