import { html } from '../../kit/pages/html.ts'
import type { Html } from '../../kit/pages/html.ts'
import { hiddenFields, servicePage } from '../../kit/pages/service-page.ts'
import { PASSWORD } from '../store/users.ts'

const LOOK = { name: 'pump.io', accent: '#b3541e', accentOnDark: '#f0a06a' }

export function messagePage (title: string, message: string): string {
  return page(title, html`<h1>${title}</h1><p>${message}</p>`)
}

export function frontPage (nickname: string | undefined): string {
  return page('Home', html`
    <h1>A pump.io server, simulated</h1>
    <p>An application that is told an account here, such as <em>alice@</em> and this address's host and port, registers
      itself and sends you back to log in.</p>
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
      <p class="hint">Any name will do: an account that is new here is made for you. Everybody's password is ${PASSWORD}.</p>
      <div class="buttons"><button id="authenticate" class="allow">Login</button></div>
    </form>`)
}

/** One button: pump.io tells nobody that somebody declines. */
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
    <p class="hint">To decline, close this page. pump.io has no other way, and the application is not told.</p>
    ${logoutForm(nickname)}`)
}

export function finishedPage (token: string, verifier: string): string {
  return page('Authorization Finished', html`
    <h1>Authorization Complete</h1>
    <p>The program you are using does not take this from your browser: give it the verifier yourself.</p>
    <table>
      <tr><td>Token</td><td id="token">${token}</td></tr>
      <tr><td>Verifier</td><td id="verifier">${verifier}</td></tr>
    </table>`)
}

export function declinedPage (): string {
  return page('Declined', html`
    <h1>Declined</h1>
    <p>That is: this page was left alone. pump.io has no way to decline, so the application hears nothing and has to
      give up by itself.</p>`)
}

function logoutForm (nickname: string): Html {
  return html`<form method="post" action="/main/logout"><p class="hint">Not ${nickname}?</p><button>Log out</button></form>`
}

function page (title: string, content: Html): string {
  return servicePage(LOOK, title, content)
}
