import { createHmac, timingSafeEqual } from 'node:crypto'
import { isObject, isText, parseJsonObject, ProviderError } from '@carillon/http'
import type { InboundEvent, InboundReader, InboundRequest } from '../inbound.ts'

/** Slack signs a request with its time. An attacker may have recorded an older one. */
const maxAgeSeconds = 300

/** Reads the requests of Slack's Events API. */
export function createInboundReader (signingSecret: string, host: string): InboundReader {
  return {
    read (request, now) {
      assertSigned(request, signingSecret, host, now)
      const envelope = parseJsonObject(request.body)
      if (envelope === undefined) throw new ProviderError({ kind: 'rejected', reason: 'the body is not JSON' }, host)
      const { type, challenge, event_id: id } = envelope
      // Slack checks a new URL by the response.
      if (type === 'url_verification') return { id: '', events: [], respond: () => ({ body: { challenge } }) }
      return { id: isText(id) ? id : '', events: isText(id) ? readEvents(envelope) : [] }
    }
  }
}

function assertSigned ({ headers, body }: InboundRequest, signingSecret: string, host: string, now: number): void {
  const timestamp = headers['x-slack-request-timestamp'] ?? ''
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1_000 - Number(timestamp)) > maxAgeSeconds) throw unsigned('is not from the last minutes')
  const ours = Buffer.from(`v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:`).update(body).digest('hex')}`)
  const given = Buffer.from(headers['x-slack-signature'] ?? '')
  if (given.length !== ours.length || !timingSafeEqual(given, ours)) throw unsigned('does not match')

  function unsigned (what: string): ProviderError {
    return new ProviderError({ kind: 'unauthorized', reason: `the signature ${what}` }, host)
  }
}

/** Only the end of the bot token ends connections: people revoke tokens of their own, which Carillon does not use. */
function readEvents ({ event, event_time: seconds, api_app_id: appId, ...envelope }: Record<string, unknown>): InboundEvent[] {
  const { type, tokens } = isObject(event) ? event : {}
  const workspaceId = workspaceOf(envelope)
  if (!isText(appId) || workspaceId === undefined || typeof seconds !== 'number') return []
  const end = { kind: 'grantRevoked', key: `${appId}/${workspaceId}`, issuedAt: new Date(seconds * 1_000) } as const
  if (type === 'app_uninstalled') return [{ ...end, reason: 'the app was removed from the workspace' }]
  const bots = isObject(tokens) ? tokens['bot'] : undefined
  return type === 'tokens_revoked' && Array.isArray(bots) && bots.length > 0 ? [{ ...end, reason: 'the access token was revoked' }] : []
}

function workspaceOf (
  { team_id: teamId, enterprise_id: enterpriseId, authorizations }: Record<string, unknown>
): string | undefined {
  const [authorization] = Array.isArray(authorizations) ? authorizations : []
  const isWholeOrganization = isObject(authorization) && authorization['is_enterprise_install'] === true
  return [isWholeOrganization ? enterpriseId : teamId, teamId, enterpriseId].find(isText)
}
