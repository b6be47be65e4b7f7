import { STATUS_CODES } from 'node:http'

/** The page of a proxy in front of a service. It has none of the service's JSON and headers. */
export function gatewayPage (status: number): string {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`
  return `<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center></body></html>\n`
}
