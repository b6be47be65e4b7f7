import { isLoopback } from '@carillon/http'

/**
 * Whether mail goes to the server only over TLS. Without it, an attacker in the network could remove STARTTLS from the server's
 * answer, and read the password and the mails. The parameters of the URL may say otherwise.
 */
export function requiresTls (smtpUrl: string): boolean {
  const { hostname, searchParams } = new URL(smtpUrl)
  return !searchParams.has('requireTLS') && !searchParams.has('ignoreTLS') && !isLoopback(hostname)
}
