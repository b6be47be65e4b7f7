import { hiddenFields } from '../../kit/pages/consent-page.ts'
import { html } from '../../kit/pages/html.ts'
import type { Html } from '../../kit/pages/html.ts'
import { servicePage } from '../../kit/pages/service-page.ts'
import { PASSWORD } from '../store/users.ts'

const STYLE = { name: 'pump.io', accent: '#b3541e', accentOnDark: '#f0a06a' }

export function messagePage (title: string, message: string): string {
  return page(title, html`<h1>${title}</h1><p>${message}</p>`)
}

export function frontPage (nickname: string | undefined): string {
  return page('Home', html`
    <h1>A pump.io server, simulated</h1>
    <p>Enter an account of this server in an application, such as <em>alice@</em> with the host and port of this page's address.
      The application registers itself and sends you here to log in.</p>
    <p><a href="/try">Try it without one</a></p>
    ${nickname === undefined ? '' : logoutForm(nickname)}`)
}

export function loginPage (token: string, username: string, fault?: string): string {
  return page('Login', html`
    <h1>Login</h1>
    ${fault === undefined ? '' : html`<p class="wrong">${fault}</p>`}
    <form id="oauth-authentication" method="post" action="/oauth/authorize">
      ${hiddenFields({ oauth_token: token })}
      <label for="username">Username</label>
      <input id="username" name="username" value="${username}" autocomplete="off" spellcheck="false" required>
      <label for="password">Password</label>
      <input id="password" name="password" type="password" value="${PASSWORD}" autocomplete="off" required>
      <p class="hint">Enter any name. A new name creates an account. Every password is ${PASSWORD}.</p>
      <div class="buttons"><button id="authenticate" class="allow">Login</button></div>
    </form>`)
}

/** pump.io has no button to decline. */
export function approvalPage (token: string, verifier: string, nickname: string, application: string): string {
  return page('Authorize', html`
    <h1>Authorize</h1>
    <p>You are logged in as <strong id="username"><bdi>${nickname}</bdi></strong>.</p>
    <p>Do you want to authorize <em><bdi>${application}</bdi></em> to access your account?</p>
    <ul><li>Post new activities as you</li><li>Read your followers, following and lists</li><li>Change your profile</li></ul>
    <form id="authorize" method="post" action="/oauth/authorize">
      ${hiddenFields({ oauth_token: token, verifier })}
      <div class="buttons"><button class="allow">Authorize</button></div>
    </form>
    <p class="hint">To decline, close this page. The application gets no response.</p>
    ${logoutForm(nickname)}`)
}

export function finishedPage (token: string, verifier: string): string {
  return page('Authorization Finished', html`
    <h1>Authorization Complete</h1>
    <p>Copy the verifier into your program.</p>
    <table>
      <tr><td>Token</td><td id="token">${token}</td></tr>
      <tr><td>Verifier</td><td id="verifier">${verifier}</td></tr>
    </table>`)
}

export function declinedPage (): string {
  return page('Declined', html`
    <h1>Declined</h1>
    <p>At pump.io, a user declines by closing the page, so the application gets no response.</p>`)
}

function logoutForm (nickname: string): Html {
  return html`<form method="post" action="/main/logout"><p class="hint">Not ${nickname}?</p><button>Log out</button></form>`
}

function page (title: string, content: Html): string {
  return servicePage(STYLE, title, content)
}
