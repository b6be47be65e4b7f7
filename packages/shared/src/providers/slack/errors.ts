import type { Failure } from '@carillon/http'

/** The kinds of failure that a code of Slack's API can mean by itself. */
type Kind = 'expired' | 'unauthorized' | 'gone' | 'quota' | 'transient' | 'misconfigured' | 'rejected'

const reasons: Record<Kind, string> = {
  expired: 'access token is expired',
  unauthorized: 'access token is not accepted',
  gone: 'the person or channel cannot be reached any more',
  quota: 'the workspace has reached its limit of messages',
  transient: 'not available now',
  misconfigured: 'the app\'s settings are refused',
  rejected: 'message refused'
}

const codes: Record<Kind, readonly string[]> = {
  expired: ['token_expired'],
  // `invalid_auth` also means that the app has a list of allowed addresses without this server's. The restrictions concern the
  // whole workspace, and only its administrators can end them.
  unauthorized: [
    'token_revoked', 'account_inactive', 'invalid_auth', 'not_authed', 'org_login_required', 'two_factor_setup_required',
    'app_access_restricted', 'accesslimited', 'enterprise_is_restricted', 'access_denied', 'invalid_refresh_token'
  ],
  gone: [
    'channel_not_found', 'is_archived', 'not_in_channel', 'user_not_found', 'user_disabled', 'user_not_visible',
    'cannot_reply_to_message', 'ekm_access_denied'
  ],
  quota: ['message_limit_exceeded'],
  // After `internal_error` and `fatal_error`, part of the request may have taken effect.
  transient: ['service_unavailable', 'request_timeout', 'team_added_to_org', 'internal_error', 'fatal_error'],
  // `messages_tab_disabled`: a checkbox of the app, without which it cannot send direct messages.
  misconfigured: [
    'invalid_client_id', 'bad_client_secret', 'bad_redirect_uri', 'oauth_authorization_url_mismatch', 'invalid_grant_type', 'no_scopes',
    'pkce_not_allowed', 'unknown_method', 'method_deprecated', 'deprecated_endpoint', 'invalid_post_type',
    'messages_tab_disabled'
  ],
  rejected: [
    'no_text', 'invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long', 'too_many_attachments',
    'markdown_text_conflict', 'metadata_too_large', 'invalid_arguments'
  ]
}

/** What the operator does about it. */
const advices: Record<string, string> = {
  invalid_client_id: 'check SLACK_CLIENT_ID',
  bad_client_secret: 'check SLACK_CLIENT_SECRET',
  bad_redirect_uri: 'add the callback URL of this server to the app',
  messages_tab_disabled: 'allow messages from the Messages tab of the app'
}

const kinds = new Map(Object.entries(codes).flatMap(([kind, list]) => list.map((code) => [code, kind as Kind] as const)))

/** Codes that concern the permissions of the token. Slack names the missing ones in `needed`. */
export const permissionCodes: readonly string[] = ['missing_scope', 'no_permission', 'not_allowed_token_type']

/** Codes that may concern only the blocks of a message, so its plain text may be accepted. */
export const blockCodes: readonly string[] = codes.rejected

/** Whether a code has the form of Slack's codes, so it can be part of an error's message. */
export function isCode (value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(value)
}

/** The meaning of a code. An unknown one concerns only this request. */
export function failureOf (code: string): Failure {
  const kind = kinds.get(code) ?? (isRestriction(code) ? 'gone' : 'rejected')
  const advice = advices[code]
  return { kind, reason: `${reasons[kind]} (${code})${advice === undefined ? '' : `; ${advice}`}` }
}

/** The administrators do not let the app write to this channel. */
function isRestriction (code: string): boolean {
  return code.startsWith('restricted_action') || /^slack_connect_\w+_blocked$/.test(code)
}
