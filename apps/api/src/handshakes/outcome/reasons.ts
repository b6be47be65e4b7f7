/**
 * Every reason why a handshake can end without a connection. The key is what the site reads in `reason` of `returnTo` and in the
 * handshake's `error`. `{provider}` and `{site}` stand for their names. docs/api.md lists the keys.
 */
export const reasons = {
  // The browser is not known to own a handshake. Nothing changes, and the browser is not sent to the site.
  unknownHandshake: { status: 404, title: 'This link does not work', text: 'This server does not know it, or it is too old. Start again at {site}.' },
  notUnderstood: { status: 400, title: 'This request is not valid', text: 'The server could not read what your browser sent. Start again at {site}.' },
  notNavigation: { status: 503, title: 'Open this page in its own tab', text: 'Your browser requested this page ahead of time, or inside another page. Nothing has changed. Reload this page, or open it in its own tab.' },
  ambiguousAnswer: { status: 409, title: 'More than one connection is open', text: 'You are connecting more than one {provider} account in this browser, and {provider} does not say which one this is. Nothing was connected. Start again with one account at {site}.' },
  stillConnecting: { status: 503, title: 'Your account is still being connected', text: '{provider} has not responded yet. Reload this page in a moment.' },
  unknownState: { status: 400, title: 'This link does not belong to an open connection', text: '{provider} sent you here, but this browser has no open connection to it. It may have ended already. Start again at {site}.' },
  noCookie: { status: 403, title: 'This browser did not start this connection', text: 'Your browser did not send the cookie that it got when you confirmed. Continue in the browser in which you started, and allow cookies there. Otherwise, start again at {site}.' },
  foreignCookie: { status: 403, title: 'Another browser started this connection', text: 'Only the browser that started this connection can finish it. Continue there, or start again at {site}. If you got this link from another person, do not continue.' },
  notSameOrigin: { status: 403, title: 'This form was sent from another page', text: 'Open the link again and press the button on our page.' },
  unknownDeletion: { status: 404, title: 'This confirmation code is not known', text: 'No data was deleted under this code. Check that the address is complete.' },
  alreadyUsed: { status: 409, title: 'This link has already been used or has expired', text: 'Each link works once. If your account is not connected yet, start again at {site}.' },
  linkReplaced: { status: 409, title: 'This link no longer works', text: 'A link works once, for 15 minutes, and a newer message replaces it. Open the link in the latest message, or start again at {site}.' },
  // The browser owns the handshake, and the site is told.
  expired: { status: 410, title: 'This link has expired', text: 'You did not finish in time. Start again at {site}.' },
  superseded: { status: 409, title: 'You started another connection in this browser', text: 'A browser can connect one {provider} account at a time. You started another connection after this one, so this one has ended and connected nothing.' },
  accountDeclined: { status: 403, title: 'You declined this account', text: '{provider} gave access to an account, and you declined it. Nothing was connected. We revoke the access if {provider} supports that.' },
  canceled: { status: 403, title: 'You canceled', text: 'Nothing was connected.' },
  tokensRevoked: { status: 403, title: 'You are signed out', text: '{site} ended your access to this page. Nothing was connected. Sign in at {site} and start again.' },
  denied: { status: 403, title: 'You did not allow access', text: '{provider} reports that access was denied. Nothing was connected.' },
  providerRefused: { status: 502, title: '{provider} refused the request', text: '{provider} did not let us ask for access. Nothing was connected.' },
  missingCode: { status: 400, title: 'The response of {provider} is incomplete', text: '{provider} sent no code, so nothing could be connected. Try again.' },
  codeRefused: { status: 502, title: '{provider} did not accept its own code', text: 'The code may have expired. Nothing was connected. Try again.' },
  providerTimeout: { status: 504, title: '{provider} did not respond in time', text: 'Nothing was connected. Try again in a few minutes.' },
  providerUnavailable: { status: 502, title: '{provider} is not available', text: '{provider} could not be reached, or it responded with an error. Nothing was connected. Try again in a few minutes.' },
  misconfigured: { status: 502, title: '{provider} cannot be connected now', text: '{provider} does not accept the settings of this server. Only the operator of this server can correct them. Nothing was connected. Try again later at {site}.' },
  providerNonsense: { status: 502, title: '{provider} sent an unexpected response', text: 'The response of {provider} could not be read. Nothing was connected. Try again in a few minutes.' },
  accountUnknown: { status: 502, title: '{provider} did not name the account', text: '{provider} gave access, but we could not find out to which account. Nothing was connected. Try again.' },
  hostNotAllowed: { status: 422, title: 'That host is not allowed', text: 'This server does not connect to that host. Check how it is spelled.' },
  hostUnreachable: { status: 502, title: 'That host cannot be reached', text: 'The host does not respond. Check how it is spelled, or try again in a few minutes.' },
  addressRefused: { status: 502, title: '{provider} did not accept the address', text: '{provider} refused to use the address. Nothing was connected. Check the address, or try again in a few minutes.' },
  registrationRefused: { status: 502, title: 'That host did not accept us', text: 'The host responded, but it did not let us ask for access. It may not be a {provider} host. Nothing was connected.' },
  wrongVerifier: { status: 422, title: 'The verifier was wrong', text: 'It was wrong too many times. Nothing was connected. Start again at {site}.' },
  wrongCode: { status: 422, title: 'The code was wrong', text: 'It was wrong too many times. Nothing was connected. Start again at {site}.' },
  codeExpired: { status: 410, title: 'The code has expired', text: 'You did not enter it at {provider} in time. Start again at {site}.' },
  notOwner: { status: 403, title: 'You are not the owner of the team', text: 'Only the owner of a team can connect {provider} for it, and the team has another owner now. Nothing was connected.' },
  unavailable: { status: 503, title: 'This is not possible right now', text: 'The database is not available. Try again in a few seconds.' },
  internal: { status: 500, title: 'An error occurred on this server', text: 'Nothing was connected. Try again.' }
} as const

export type Reason = keyof typeof reasons

export interface ReasonNames {
  site: string
  provider?: string | undefined
}

/** What people are told about a reason. */
export function describeReason (reason: Reason, { site, provider = 'The provider' }: ReasonNames): { title: string, text: string } {
  const { title, text } = reasons[reason]
  const insertNames = (template: string): string => template.replace(/\{(\w+)\}/g, (_, name: string) => name === 'site' ? site : provider)
  return { title: insertNames(title), text: insertNames(text) }
}

/** The reason that a handshake's `error` holds. */
export function readReason (text: string | null): Reason {
  return text !== null && isReason(text) ? text : 'internal'
}

export function isReason (text: string): text is Reason {
  return Object.hasOwn(reasons, text)
}
