import type { Registration, Registrations } from './registrations.ts'

/**
 * Registrations that live as long as the process, for programs that use a provider by itself and for tests. `onChange`
 * is told of every new one, to keep it.
 */
export function createMemoryRegistrations (
  onChange: (provider: string, host: string, registration: Registration) => void = () => {}
): Registrations {
  const kept = new Map<string, Promise<Registration>>()

  return {
    async obtain (provider, host, register, stale) {
      const key = `${provider} ${host}`
      const known = kept.get(key)
      // Whoever is late with the same stale one gets what the first has brought.
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
