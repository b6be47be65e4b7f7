import { isUserHost, joinBase, ProviderError } from '@carillon/http'
import type { HttpResponse } from '@carillon/http'
import type { Signed, SigningKeys, PumpioSigner } from './oauth/signer.ts'

/** A request that the caller sends: its method, and its path with query at the account's host. */
export interface UnsignedRequest {
  method: string
  /** Begins with `/`. */
  path: string
  /** Its body, if that is `application/x-www-form-urlencoded`. Null if the body is too long to be signed. */
  form?: string | null
}

/** The target of the request, and the headers that authorize it. */
export interface AuthorizedRequest {
  url: string
  /** A user has chosen the host, so the guard applies even if its origin is trusted. */
  isGuarded: boolean
  headers: Record<string, string>
  /** Receives the response. Returns another request if the host refused its time or signature. At most once. */
  again: (response: HttpResponse) => AuthorizedRequest | undefined
}

/** Signs a request to a path of `origin`. Throws ProviderError `rejected` for one that cannot be signed. */
export function authorizeRequest (
  { method, path, form }: UnsignedRequest, origin: string, keys: SigningKeys, signer: PumpioSigner, now: () => number
): AuthorizedRequest {
  const { host } = new URL(origin)
  // The parsed URL is both signed and sent, so it is the URL that was checked.
  const joined = joinBase(origin, path)
  if (joined === undefined) throw new ProviderError({ kind: 'rejected', reason: 'not a path of the host' }, host)
  const { href: url } = joined
  if (form === null) throw new ProviderError({ kind: 'rejected', reason: 'the form is too long to be signed' }, host)
  // pump.io prefers these parameters to the header, and its refusal would look like a dead token.
  const parameters = [...new URL(url).searchParams.keys(), ...new URLSearchParams(form ?? '').keys()]
  if (parameters.some((name) => name.startsWith('oauth_'))) {
    throw new ProviderError({ kind: 'rejected', reason: 'parameters that begin with oauth_ are not to be sent' }, host)
  }
  return toAuthorized(signer.sign({ method, url, ...form === undefined ? {} : { form } }, keys, now))

  function toAuthorized ({ authorization, again }: Signed): AuthorizedRequest {
    // With a charset in the content type, pump.io neither parses nor verifies the form.
    const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
    return {
      url,
      isGuarded: isUserHost(url),
      headers: { authorization, ...type },
      again: (response) => {
        const signed = again(response)
        return signed && toAuthorized(signed)
      }
    }
  }
}
