import t from 'tap'
import type { Test } from 'tap'
import { classify, classifyTokenRefusal, classifyWebhook } from '../../../src/providers/slack/classify.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const page = '<html><head><title>502 Bad Gateway</title></head></html>'

type Row = [status: number, headers: Record<string, string>, body: object | string, kind: string, details?: object]

/** The rows of the Web API: every code, and the responses of everything in front of it. */
const api: Row[] = [
  [200, {}, { ok: true }, 'ok'],
  [200, {}, { ok: true, warning: 'superfluous_charset', response_metadata: { warnings: ['superfluous_charset'] } }, 'ok'],
  [429, { 'retry-after': '30' }, { ok: false, error: 'ratelimited' }, 'rateLimited', { retryAt: now + 30_000, scope: 'connection' }],
  [429, { 'retry-after': '30' }, '', 'rateLimited', { retryAt: now + 30_000, scope: 'connection' }],
  [429, {}, '', 'rateLimited', { retryAt: now + 30_000 }],
  [200, { 'retry-after': '7' }, { ok: false, error: 'ratelimited' }, 'rateLimited', { retryAt: now + 7_000, scope: 'connection' }],
  [200, {}, { ok: false, error: 'rate_limited' }, 'rateLimited', { retryAt: now + 30_000, scope: 'connection' }],
  [200, {}, { ok: false, error: 'token_expired' }, 'expired'],
  ...codes('unauthorized', 'token_revoked', 'account_inactive', 'invalid_auth', 'not_authed', 'org_login_required', 'two_factor_setup_required'),
  [200, {}, { ok: false, error: 'missing_scope', needed: 'chat:write', provided: 'im:write' }, 'missingPermission', { missing: ['chat:write'] }],
  [200, {}, { ok: false, error: 'missing_scope', needed: 'im:write,mpim:write' }, 'missingPermission', { missing: ['im:write', 'mpim:write'] }],
  [200, {}, { ok: false, error: 'no_permission' }, 'missingPermission', { missing: [] }],
  [200, {}, { ok: false, error: 'not_allowed_token_type' }, 'missingPermission', { missing: [] }],
  ...codes('unauthorized', 'app_access_restricted', 'accesslimited', 'enterprise_is_restricted', 'access_denied'),
  ...codes('gone', 'channel_not_found', 'is_archived', 'not_in_channel', 'user_not_found', 'user_disabled', 'user_not_visible', 'cannot_reply_to_message'),
  ...codes('gone', 'restricted_action', 'restricted_action_read_only_channel', 'restricted_action_thread_only_channel', 'ekm_access_denied'),
  ...codes('gone', 'slack_connect_file_link_sharing_blocked', 'slack_connect_canvas_sharing_blocked'),
  ...codes('misconfigured', 'messages_tab_disabled'),
  ...codes('rejected', 'no_text', 'invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long', 'too_many_attachments'),
  ...codes('rejected', 'markdown_text_conflict', 'metadata_too_large', 'invalid_arguments'),
  ...codes('quota', 'message_limit_exceeded'),
  ...codes('transient', 'service_unavailable', 'request_timeout', 'team_added_to_org', 'internal_error', 'fatal_error'),
  ...codes('misconfigured', 'invalid_client_id', 'bad_client_secret', 'unknown_method', 'method_deprecated', 'deprecated_endpoint', 'invalid_post_type'),
  ...codes('rejected', 'an_error_of_next_year'),
  [500, {}, page, 'transient'],
  [503, { 'retry-after': '60' }, '', 'rateLimited', { retryAt: now + 60_000 }],
  [404, {}, { ok: false, error: 'token_revoked' }, 'transient'],
  [403, {}, page, 'transient'],
  [200, {}, page, 'transient'],
  [200, {}, {}, 'malformed'],
  [200, {}, { ok: false }, 'malformed'],
  [200, {}, { ok: false, error: 'Not a code of Slack' }, 'malformed'],
  [200, {}, { ok: false, error: 7 }, 'malformed'],
  [200, {}, { ok: 'true' }, 'malformed'],
  [200, {}, '', 'malformed']
]

t.test('classifies the responses of the Web API', async (t) => {
  assertRows(t, api, (response) => classify(response, now, () => true, 'connection'))
})

t.test('makes the whole workspace wait for a limit of a method that sends no message', async (t) => {
  const response = toResponse(429, { 'retry-after': '30' }, '')
  t.match(classify(response, now, () => true), { kind: 'rateLimited', scope: 'host' })
})

t.test('needs the content that was requested', async (t) => {
  t.equal(classify(toResponse(200, {}, { ok: true }), now, () => undefined).kind, 'malformed')
})

t.test('classifies refusals of the token endpoint, whose status is 200', async (t) => {
  assertRows(t, [
    ...codes('rejected', 'invalid_code', 'user_email_unverified', 'cannot_install_an_org_installed_app'),
    ...codes('misconfigured', 'invalid_client_id', 'bad_client_secret', 'bad_redirect_uri', 'invalid_grant_type', 'no_scopes'),
    ...codes('misconfigured', 'oauth_authorization_url_mismatch', 'pkce_not_allowed'),
    ...codes('unauthorized', 'invalid_refresh_token'),
    [429, { 'retry-after': '5' }, '', 'rateLimited', { retryAt: now + 5_000 }],
    [500, {}, page, 'transient'],
    [200, {}, { ok: true }, 'malformed']
  ], (response) => classifyTokenRefusal(response, now))
})

t.test('classifies the texts of incoming webhooks, and their status only without a known text', async (t) => {
  const gone: Array<[number, string]> = [
    [403, 'action_prohibited'], [403, 'invalid_token'], [400, 'posting_to_general_channel_denied'], [403, 'posting_to_general_channel_denied'],
    [404, 'channel_not_found'], [404, 'no_service'], [404, 'no_service_id'], [404, 'no_active_hooks'], [404, 'no_team'], [404, 'team_disabled'],
    [410, 'channel_is_archived']
  ]
  const refused = ['invalid_payload', 'no_text', 'user_not_found', 'too_many_attachments', 'invalid_blocks']
  const html = { 'content-type': 'text/html' }
  assertRows(t, [
    [200, html, 'ok', 'ok'],
    ...gone.map(([status, text]): Row => [status, html, text, 'gone', { reason: `the incoming webhook no longer works (${text})` }]),
    ...refused.map((text): Row => [400, html, text, 'rejected', { reason: `message refused (${text})` }]),
    [429, { ...html, 'retry-after': '1' }, 'ratelimited', 'rateLimited', { retryAt: now + 1_000, scope: 'connection' }],
    [500, html, 'rollup_error', 'transient'],
    [404, html, page, 'transient'],
    [410, html, '', 'transient'],
    [403, html, 'Forbidden', 'transient'],
    [200, html, page, 'transient'],
    [200, {}, 'no_service', 'malformed'],
    [200, {}, 'OK', 'malformed']
  ], (response) => classifyWebhook(response, now))
})

function codes (kind: string, ...list: string[]): Row[] {
  return list.map((error) => [200, {}, { ok: false, error }, kind, { reason: new RegExp(`\\(${error}\\)`) }])
}

function assertRows (
  t: Test, rows: Row[], classifyResponse: (response: ReturnType<typeof toResponse>) => { kind: string }
): void {
  for (const [status, headers, body, kind, details = {}] of rows) {
    const row = `${status} ${JSON.stringify(headers)} ${JSON.stringify(body)}`
    t.match(classifyResponse(toResponse(status, headers, body)), { kind, ...details }, row)
  }
}

function toResponse (status: number, headers: Record<string, string>, body: object | string) {
  return { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
}
