const storageKey = 'carillon.handshake'

/** Keeps the handshake for this tab while it is on other pages. */
export function rememberHandshake (id: string): void {
  sessionStorage.setItem(storageKey, id)
}

/** The handshake that this tab left for, once. */
export function takeHandshake (): string | undefined {
  const id = sessionStorage.getItem(storageKey)
  sessionStorage.removeItem(storageKey)
  return id ?? undefined
}
