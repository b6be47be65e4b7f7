export interface Status {
  readonly color: string
  /** Milliseconds since the epoch, as all times here. */
  readonly created: number
  readonly poster: string
}

export interface Stream {
  readonly id: string
  readonly name: string
  readonly uri: string
  readonly owner: User
  readonly created: number
  updated: number
  /** Counts up over all streams with every update, since many happen within a millisecond. */
  change: number
  status: Status
  tags: readonly string[]
}

export interface User {
  readonly id: string
  /** Also the name by which the sandbox's controls know the account. */
  readonly userName: string
  streamCount: number
}
