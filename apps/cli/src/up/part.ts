/** Something that `up` starts, watches and stops. */
export interface Part {
  name: string
  /** Resolves when the part is ready. Rejects if it cannot start, or if `stop` aborts first; then nothing is left running. */
  start: (stop: AbortSignal) => Promise<RunningPart>
}

interface RunningPart {
  /** Its address, if it listens. */
  url: string
  /** Resolves when the part has exited, with the reason as text. */
  exited: Promise<string>
  /** Stops it gracefully. Resolves when it has exited. */
  stop: () => Promise<void>
  /** Kills it. */
  kill: () => void
}
