import type { BenchContext } from './environment/bench-context.ts'

/** The functions that a command needs from its process. */
export interface CommandOutput {
  /** Opens the context once. It is closed when the command ends. */
  open: (options: { profiles?: string | undefined }) => Promise<BenchContext>
  /** Reports progress. */
  say: (line: string) => void
  /** Prints the result. */
  print: (text: string) => void
  /** Makes the process exit with code 1. */
  fail: () => void
}
