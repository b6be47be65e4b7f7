import type { Colors } from './colors.ts'

/** What main.ts passes to every command. Only main.ts uses `process`. */
export interface CommandContext {
  /** The environment of the process and the variables of `envFile`. */
  env: Record<string, string | undefined>
  /** The file with variables, and the names of those that the environment lacks. */
  envFile: { path: string, names: string[] } | undefined
  /** For results only. */
  print: (line: string) => void
  /** The colors of what `print` writes. */
  colors: Colors
  /** Replaces `carillon` in a text with how the program was started, such as `npm run carillon --`. */
  named: (text: string) => string
  /** For questions, progress and hints. */
  terminal: { input: NodeJS.ReadStream, output: NodeJS.WriteStream, colors: Colors }
  /** The first termination signal calls `stop`, a later one `force`. */
  onInterrupt: (stop: () => void, force: () => void) => void
  announce: (message: { ready: true, url: string }) => void
}
