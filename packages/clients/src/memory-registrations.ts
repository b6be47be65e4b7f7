import type { Registration, Registrations } from './registrations.ts'

/**
 * Registrations in memory, for tests and for programs that use a provider alone. `onChange` receives every new one, so the
 * caller can store it.
 */
export function createMemoryRegistrations (
  onChange: (provider: string, host: string, registration: Registration) => void = () => {}
): Registrations {
  const kept = new Map<string, Promise<Registration>>()

  return {
    async obtain (provider, host, register, stale) {
      const key = `${provider} ${host}`
      const known = kept.get(key)
      // A caller with the same stale registration gets the one that the first caller has obtained.
      const current = await known?.catch(() => undefined)
      if (current !== undefined && current.clientId !== stale?.clientId) return current
      const since = kept.get(key)
      if (since !== undefined && since !== known) return await since

      const registering = register().then((registration) => {
        onChange(provider, host, registration)
        return registration
      })
      kept.set(key, registering)
      try {
        return await registering
      } catch (error) {
        if (kept.get(key) === registering) kept.delete(key)
        throw error
      }
    }
  }
}
