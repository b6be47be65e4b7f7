/** Something that `up` starts, watches and stops. */
export interface Part {
  name: string
  /** Resolves when it answers. Rejects when it cannot, or when `stop` comes before that; then nothing of it is left running. */
  start: (stop: AbortSignal) => Promise<RunningPart>
}

export interface RunningPart {
  /** Where it answers, for those that listen. */
  url: string
  /** Settles when it has ended, with how it ended, in words. */
  exited: Promise<string>
  /** Lets it finish what it does. Resolves when it has ended. */
  stop: () => Promise<void>
  /** Ends it at once. */
  kill: () => void
}
