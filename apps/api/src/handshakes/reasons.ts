/**
 * Every way in which a handshake can end without a connection. The key is what the site reads, in `reason` of `returnTo` and
 * in the handshake's `error`; `{provider}` stands for the provider's name. docs/api.md lists them.
 */
export const reasons = {
  // Nothing is known of whoever asks, so nothing changes and nobody is sent anywhere.
  unknownHandshake: { status: 404, title: 'This link leads nowhere', text: 'It is not one of ours, or it is so old that it has been forgotten. Please start again from the site you came from.' },
  notUnderstood: { status: 400, title: 'This cannot be understood', text: 'What your browser has sent makes no sense here. Please start again from the site you came from.' },
  notNavigation: { status: 503, title: 'Open this page in its own tab', text: 'Your browser requested this page ahead of time, or inside another page. Nothing has changed. Reload this page, or open it in its own tab.' },
  ambiguousAnswer: { status: 409, title: 'More than one connection is open', text: 'You are connecting more than one {provider} account in this browser, and {provider} does not say which one this is. Nothing has been connected. Start again with one account from the site you came from.' },
  stillConnecting: { status: 503, title: 'Your account is still being connected', text: '{provider} has not responded yet. Reload this page in a moment.' },
  unknownState: { status: 400, title: 'This link does not belong to an open connection', text: '{provider} sent you here, but you have no open connection to it in this browser. It may have ended already. Start again from the site you came from.' },
  noCookie: { status: 403, title: 'This browser did not start this', text: 'Your browser did not send the cookie that it got when you confirmed. Continue in the browser in which you started, and allow cookies there. Otherwise start again from the site you came from.' },
  foreignCookie: { status: 403, title: 'Another browser started this', text: 'Only the browser that started this connection can finish it. Continue there, or start again from the site you came from. If you got this link from another person, do not continue.' },
  notSameOrigin: { status: 403, title: 'This did not come from our own page', text: 'Please open the link again and press the button there.' },
  unknownDeletion: { status: 404, title: 'This code is not known', text: 'No data was deleted under it. Please check whether the address is complete.' },
  alreadyUsed: { status: 409, title: 'This has been used already', text: 'Each link works once. If your account is not connected yet, please start again from the site you came from.' },
  // From here on the right browser is there, and the site is told.
  expired: { status: 410, title: 'This took too long', text: 'A link works for ten minutes. Please start again from the site you came from.' },
  superseded: { status: 409, title: 'You started again in this browser', text: 'A browser can connect one {provider} account at a time. You started another connection after this one, so this one has ended. Nothing has been connected by it.' },
  accountDeclined: { status: 403, title: 'You did not connect this account', text: '{provider} gave access to an account, and you declined it. Nothing has been connected, and we revoke the access if {provider} supports that.' },
  denied: { status: 403, title: 'You have not allowed it', text: '{provider} says that access was refused, so nothing has been connected.' },
  providerRefused: { status: 502, title: '{provider} refused', text: '{provider} did not let us ask for access. Nothing has been connected.' },
  missingCode: { status: 400, title: '{provider} forgot something', text: 'Its answer carries no code, so nothing could be connected. Please try again.' },
  codeRefused: { status: 502, title: '{provider} did not accept its own code', text: 'It may have been too old. Nothing has been connected; please try again.' },
  providerTimeout: { status: 504, title: '{provider} did not answer in time', text: 'Nothing has been connected; please try again in a while.' },
  providerUnavailable: { status: 502, title: '{provider} is out of order', text: 'It could not be reached or answered with an error. Nothing has been connected; please try again in a while.' },
  providerNonsense: { status: 502, title: '{provider} answered with nonsense', text: 'Its answer could not be understood. Nothing has been connected; please try again in a while.' },
  accountUnknown: { status: 502, title: '{provider} did not say whose account it is', text: 'Access was granted, but the account could not be looked up. Nothing has been connected; please try again.' },
  hostNotAllowed: { status: 422, title: 'That host is not allowed', text: 'This server does not talk to the host of that account. Please check how it is spelled.' },
  hostUnreachable: { status: 502, title: 'That host cannot be reached', text: 'Nobody answers for {provider} at the host of that account. Please check how it is spelled, or try again in a while.' },
  registrationRefused: { status: 502, title: 'That host does not take us', text: 'It answered, but it did not let us ask for access. It may not be a {provider} host. Nothing has been connected.' },
  wrongVerifier: { status: 422, title: 'That was not the right verifier', text: 'It was wrong too often. Nothing has been connected; please start again from the site you came from.' },
  codeExpired: { status: 410, title: 'The code has run out', text: 'It was not entered at {provider} in time. Please start again from the site you came from.' },
  notOwner: { status: 403, title: 'The team is not yours', text: 'Only the owner of a team may connect {provider} for it, and that is somebody else by now. Nothing has been connected.' },
  unavailable: { status: 503, title: 'We cannot do this right now', text: 'Our database is unavailable. Please try again in a few seconds.' },
  internal: { status: 500, title: 'Something went wrong on our side', text: 'Nothing has been connected; please try again.' }
} as const

export type Reason = keyof typeof reasons

/** What people are told of it. `name` is that of the provider. */
export function describeReason (reason: Reason, name = 'The service'): { title: string, text: string } {
  const { title, text } = reasons[reason]
  return { title: title.replaceAll('{provider}', name), text: text.replaceAll('{provider}', name) }
}

/** The reason that was kept with a handshake. */
export function readReason (text: string | null): Reason {
  return text !== null && isReason(text) ? text : 'internal'
}

export function isReason (text: string): text is Reason {
  return Object.hasOwn(reasons, text)
}
