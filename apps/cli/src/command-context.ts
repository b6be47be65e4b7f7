/** What main.ts hands to every command, as it alone touches the process. */
export interface CommandContext {
  env: Record<string, string | undefined>
  print: (line: string) => void
  /** For conversation: results alone go to `print`. */
  terminal: { input: NodeJS.ReadStream, output: NodeJS.WriteStream }
  /** The first signal that asks us to end calls `stop`, a later one `force`. */
  onInterrupt: (stop: () => void, force: () => void) => void
  announce: (message: { ready: true, url: string }) => void
}
