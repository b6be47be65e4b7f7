/** An error of the Bot API, in its own envelope. */
export class BotError extends Error {
  override readonly name = 'BotError'
  readonly code: number
  readonly parameters: Record<string, number> | undefined

  constructor (code: number, description: string, parameters?: Record<string, number>) {
    super(description)
    this.code = code
    this.parameters = parameters
  }
}

export function errorBody ({ code, message, parameters }: Pick<BotError, 'code' | 'message' | 'parameters'>): object {
  return { ok: false, error_code: code, description: message, ...parameters !== undefined && { parameters } }
}
