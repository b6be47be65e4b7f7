import type { BenchContext } from './environment/bench-context.ts'

/** What a command needs of the process it runs in. */
export interface CommandOutput {
  /** Opens what everything stands on; once. It is closed when the command ends. */
  open: (options: { profiles?: string | undefined }) => Promise<BenchContext>
  /** Tells of progress. */
  say: (line: string) => void
  /** Prints the result. */
  print: (text: string) => void
  /** Has the process end with code 1. */
  fail: () => void
}
