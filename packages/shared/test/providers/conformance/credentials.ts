import type { Test } from 'tap'
import type { Message } from '../../../src/providers/message.ts'
import type { ProviderClient } from '../../../src/providers/define-provider.ts'
import type { Failure } from '@carillon/http'
import { ProviderError } from '@carillon/http'
import type { Traits } from './traits.ts'
import type { createSetup, Person } from './setup.ts'
import type { Fault, Simulator } from './simulator.ts'

/** The requirements for the credentials of every provider. `carried` contains messages that it can send. */
export async function credentialsConformance (
  t: Test, provider: ProviderClient, simulator: Simulator, carried: Message[], setup: ReturnType<typeof createSetup>,
  { renewsWhileValid = false, neverExpires, adds = [], endsAs }:
  Pick<Traits, 'renewsWhileValid' | 'neverExpires' | 'adds' | 'endsAs'>
): Promise<void> {
  const { person, known, send, call, fails, errors } = setup
  const { revoke, authorize } = provider
  const refresh = neverExpires === true ? undefined : provider.refresh

  await t.test('distinguishes a dead token from other errors', async (t) => {
    const someone = await person()
    await simulator.revoke(someone)
    await isDead(t, someone)
  })

  if (refresh !== undefined && renewsWhileValid) {
    await t.test('exchanges a token for a newer one, several times, and not after it has expired', async (t) => {
      const someone = await person()
      const account = await provider.identify(someone.credentials, call(t))
      const now = Date.now()
      for (let old: Person = someone, round = 0; round < 2; round++) {
        const fresh = await refresh(old.credentials, call(t, { now }))
        t.ok((fresh.expiresAt?.getTime() ?? 0) > now, 'the new token has an expiry')
        t.same(provider.parseCredentials(JSON.parse(JSON.stringify(known(fresh.credentials)))), fresh.credentials)
        t.same(await provider.identify(fresh.credentials, call(t)), account)
        old = { ...old, ...fresh }
      }
      await simulator.expire(someone)
      await fails(t, () => provider.identify(someone.credentials, call(t)), 'unauthorized')
      await fails(t, () => refresh(someone.credentials, call(t)), 'unauthorized')
    })
  }

  if (refresh !== undefined && !renewsWhileValid) {
    await t.test('refreshes an expired token, several times', async (t) => {
      const someone = await person()
      await send(t, someone)
      await simulator.expire(someone)
      for (const message of carried) await fails(t, () => send(t, someone, { message }), 'expired')
      await fails(t, () => provider.identify(someone.credentials, call(t)), 'expired')

      const now = Date.now()
      const first = await renewed(t, someone, now)
      t.ok((first.expiresAt?.getTime() ?? Infinity) > now, 'the new token has an expiry')
      await send(t, first)
      const second = await renewed(t, first, now)
      await send(t, second)
      t.same(await provider.identify(second.credentials, call(t)), await provider.identify(second.credentials, call(t)))
    })
  }

  if (refresh !== undefined) {
    await t.test('distinguishes an outage of the token endpoint from a dead refresh token', async (t) => {
      const someone = await person()
      const attempt = () => refresh(someone.credentials, call(t))
      for (const [fault, kind] of [
        [{ status: 500 }, 'transient'], [{ status: 503, body: '<html></html>' }, 'transient'], [{ reset: 'before' }, 'transient'],
        [{ status: 200, body: '<html></html>' }, 'transient'], [{ status: 200, body: {} }, 'malformed'], [{ status: 302, body: '' }, 'transient']
      ] as Array<[Fault, Failure['kind']]>) {
        await simulator.fault(t, { ...fault, times: 1 })
        await fails(t, attempt, kind)
      }
      await simulator.revoke(someone)
      await fails(t, attempt, 'unauthorized')
      await fails(t, attempt, 'unauthorized', 'and for good')
    })
  }

  if (revoke !== undefined) {
    await t.test('revokes credentials, and accepts that they are already revoked', async (t) => {
      for (const isExpired of refresh === undefined ? [false] : [false, true]) {
        const someone = await person()
        if (isExpired) await simulator.expire(someone)
        await revoke(someone.credentials, call(t))
        await isDead(t, someone)
        await revoke(someone.credentials, call(t))
      }
      const someone = await person()
      await simulator.fault(t, { status: 500, times: 1 })
      await fails(t, () => revoke(someone.credentials, call(t)), 'transient', 'an outage is no success')
    })
  }

  if (authorize !== undefined) {
    await t.test('authorizes only requests to itself', async (t) => {
      const { credentials } = await person()
      const path = '/some/path?a=b%20c&d=%2F'
      const authorized = await authorize({ method: 'GET', path }, credentials, call(t))
      t.ok(provider.origins.includes(new URL(authorized.url).origin))
      t.ok(without(adds, authorized.url).endsWith(path))
      t.match(Object.values(authorized.headers).join(' '), credentials.accessToken)
      for (const path of ['@evil.example/', '.evil.example/', '//evil.example/', '/\\evil.example/', '/../../..//evil.example/']) {
        const attempt = async () => await authorize({ method: 'GET', path }, credentials, call(t))
        const url = await attempt().then(({ url }) => url, (error: unknown) => {
          errors.push(error)
          if (!(error instanceof ProviderError)) throw error
          return null
        })
        if (url !== null) t.ok(provider.origins.includes(new URL(url).origin), path)
      }
    })
  }

  async function renewed (t: Test, old: Person, now: number): Promise<Person & { expiresAt?: Date }> {
    const fresh = await refresh?.(old.credentials, call(t, { now }))
    if (fresh === undefined) throw new Error('there is no refresh')
    t.not(known(fresh.credentials).accessToken, old.credentials.accessToken)
    t.same(provider.parseCredentials(JSON.parse(JSON.stringify(fresh.credentials))), fresh.credentials)
    await fails(t, () => send(t, old), 'unauthorized', 'the old token is dead')
    return { ...old, ...fresh }
  }

  /** If tokens can be refreshed, a dead one may look expired. The refresh then distinguishes them. */
  async function isDead (t: Test, someone: Person): Promise<void> {
    const kinds: Array<Failure['kind']> = refresh === undefined ? [endsAs ?? 'unauthorized'] : ['expired', 'unauthorized']
    if (provider.identifiesOffline !== true) await fails(t, () => provider.identify(someone.credentials, call(t)), kinds)
    for (const message of carried) await fails(t, () => send(t, someone, { message }), kinds)
    if (refresh === undefined) return
    await fails(t, () => refresh(someone.credentials, call(t)), 'unauthorized')
  }
}

function without (parameters: string[], url: string): string {
  return parameters.reduce((rest, name) => rest.replace(new RegExp(`([?&])${name}=[^&]*&?`), '$1'), url)
}
