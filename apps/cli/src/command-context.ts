/** What main.ts hands to every command, as it alone touches the process. */
export interface CommandContext {
  env: Record<string, string | undefined>
  /** For results alone. */
  print: (line: string) => void
  /** Writes a text of ours the way the program is started here: `carillon keys list` may be `npm run carillon -- keys list`. */
  named: (text: string) => string
  /** For questions, progress and hints. */
  terminal: { input: NodeJS.ReadStream, output: NodeJS.WriteStream }
  /** The first signal that asks us to end calls `stop`, a later one `force`. */
  onInterrupt: (stop: () => void, force: () => void) => void
  announce: (message: { ready: true, url: string }) => void
}
