import type { Message } from './message.ts'

/** Renders each message once, because a broadcast sends the same message to everyone. Messages must not change. */
export function renderOnce<Result> (render: (message: Message) => Result): (message: Message) => Result {
  const results = new WeakMap<Message, { result: Result }>()
  return (message) => {
    const known = results.get(message)
    if (known !== undefined) return known.result
    const result = render(message)
    results.set(message, { result })
    return result
  }
}
