import { isLoopback } from '@carillon/http'
import { fault, ok, warning } from './finding.ts'
import type { Finding } from './finding.ts'

/** Whether browsers and providers can reach PUBLIC_URL. `origins` are those of the offered providers. */
export function checkPublicUrl (publicUrl: string | undefined, origins: readonly string[]): Finding {
  const subject = 'PUBLIC_URL'
  const isProduction = origins.some((origin) => !isLoopback(new URL(origin).hostname))
  if (publicUrl === undefined || isLoopback(new URL(publicUrl).hostname)) {
    const address = publicUrl === undefined ? 'It is not set, so it is an address of this machine' : `${publicUrl} is an address of this machine`
    return isProduction
      ? fault(subject, `${address}, and the providers are real ones: users' browsers cannot come back.`, 'Set it to the https URL under which browsers reach the API.')
      : ok(subject, `${address}, and so are the providers.`)
  }
  return publicUrl.startsWith('https:')
    ? ok(subject, `${publicUrl} uses https.`)
    : warning(subject, `${publicUrl} does not use https: tokens and cookies can be read on the way.`, 'Put the API behind a proxy with TLS, and set it to the https URL.')
}
