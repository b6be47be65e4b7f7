import type { Classification, HttpContext } from '../responses/send-request.ts'
import { sendRequest } from '../responses/send-request.ts'
import type { HttpResponse } from '../client/messages.ts'
import { decodeFile } from '../responses/decode-body.ts'
import type { Failure } from '../responses/failure.ts'
import { classifyTransfer } from './classify-transfer.ts'
import { ProviderError } from '../responses/provider-error.ts'

/** The timeout of requests that carry a file: 25 MiB in this time is about 2 Mbit/s. */
export const fileTimeoutMs = 120_000

const maxRedirects = 5

/**
 * Downloads a file through the guard, which also checks each redirect. No request contains credentials. Throws ProviderError
 * `rejected` when the file exceeds `maxBytes`, sent or decoded, or when it is not available.
 */
export async function fetchFile (url: string, maxBytes: number, context: HttpContext): Promise<Buffer> {
  const endsAt = performance.now() + fileTimeoutMs
  const tooLarge = tooLargeFailure(maxBytes)
  let next = url
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const request = {
      method: 'GET',
      url: next,
      isGuarded: true,
      headers: { accept: '*/*', 'accept-encoding': 'identity' },
      maxResponseBytes: maxBytes,
      timeoutMs: Math.max(1, endsAt - performance.now())
    } as const
    const found = await sendRequest(request, (response) => classifyDownload(response, request.url), context, { tooLarge })
    if ('body' in found) return await decode(found, maxBytes, new URL(next).host)
    next = found.location
  }
  throw new ProviderError({ kind: 'rejected', reason: `file server redirects more than ${maxRedirects} times` }, new URL(next).host)
}

export function tooLargeFailure (maxBytes: number): Failure {
  return { kind: 'rejected', reason: `file is larger than ${maxBytes} bytes` }
}

type Found = { location: string } | HttpResponse

function classifyDownload (response: HttpResponse, url: string): Classification<Found> {
  const { status, headers: { location } } = response
  if ([301, 302, 303, 307, 308].includes(status) && location !== undefined) {
    const target = URL.canParse(location, url) ? new URL(location, url) : undefined
    if (target === undefined || !/^https?:$/.test(target.protocol)) {
      return { kind: 'rejected', reason: 'file server redirects to an address that is neither http nor https' }
    }
    return { kind: 'ok', value: { location: target.href } }
  }
  const classified = classifyTransfer(response)
  return classified.kind === 'ok' ? { kind: 'ok', value: response } : classified
}

/** Some servers encode the file although the request excludes that. The encoded bytes would be unreadable for recipients. */
async function decode (response: HttpResponse, maxBytes: number, host: string): Promise<Buffer> {
  let file: Buffer | undefined
  try {
    file = await decodeFile(response, maxBytes)
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw new ProviderError(isTooLarge ? tooLargeFailure(maxBytes) : { kind: 'malformed', reason: 'file is not encoded as its server says' }, host)
  }
  if (file !== undefined) return file
  throw new ProviderError({ kind: 'rejected', reason: 'file server uses a content encoding other than gzip, deflate and br' }, host)
}
