import { Html, html } from '../html.ts'
import { CLIENT } from './client.ts'

/** Asks a person; `asked` goes into the form unchanged and comes back with the decision. */
export function consentPage (asked: object, account: string, knownAccounts: string[]): string {
  const fields = Object.entries(asked)
    .filter((field): field is [string, string] => typeof field[1] === 'string')
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
  const known = knownAccounts.map((name) => html`<option value="${name}">`)
  return layout('Authorize', html`
    <h1>${CLIENT.name} wants to access your Pushbullet account</h1>
    <p>It will be able to send you pushes and to read your account.</p>
    <form method="post" action="authorize">
      ${joined(fields)}
      <label for="account">Grant as</label>
      <input id="account" name="account" value="${account}" list="known" maxlength="100" autocomplete="off" spellcheck="false" required>
      <datalist id="known">${joined(known)}</datalist>
      <p class="hint">Any name will do: an account that is new here is made for you.</p>
      <div class="buttons">
        <button name="decision" value="deny" formnovalidate>Deny</button>
        <button name="decision" value="allow" class="allow">Allow</button>
      </div>
    </form>`)
}

export function refusalPage (fault: string): string {
  return layout('Something is wrong', html`
    <h1>This request cannot be granted</h1>
    <p>${fault}</p>
    <p class="hint">Nothing was sent back to the application.</p>`)
}

/** The token is in the address's fragment, which no server gets to see. */
export function landingPage (): string {
  return layout('Done', html`
    <h1>Decided</h1>
    <p>What the application would get stands at the end of this page's address.</p>
    <p><a href="/">See the screens fill up</a></p>`)
}

function joined (parts: Html[]): Html {
  return new Html(parts.map(({ text }) => text).join(''))
}

function layout (title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Pushbullet (sandbox)</title>
  <link rel="icon" href="data:,">
  <style>
    :root { color-scheme: light dark; --green: #1f8a4c }
    body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#eef3f0, #14201a);
      font: 16px/1.5 system-ui, sans-serif; color: light-dark(#1d2a23, #e6efe9) }
    main { box-sizing: border-box; width: min(26rem, 92vw); padding: 2rem; border-radius: 1rem;
      background: light-dark(#fff, #1d2b24); box-shadow: 0 1px 3px #0002, 0 12px 40px #0002; overflow-wrap: anywhere }
    .brand { font-weight: 700; color: light-dark(var(--green), #5fd693) }
    .brand small { font-weight: 400; opacity: .8 }
    h1 { margin: .5rem 0; font-size: 1.25rem; line-height: 1.3 }
    label { display: block; margin-top: 1.25rem; font-weight: 600 }
    input[name=account] { box-sizing: border-box; width: 100%; padding: .6rem .75rem; border: 1px solid #8889; border-radius: .5rem;
      font: inherit; background: transparent; color: inherit }
    .hint { font-size: .875rem; opacity: .75; margin: .4rem 0 }
    .buttons { display: flex; gap: .75rem; margin-top: 1.5rem }
    button { flex: 1; padding: .7rem; border: 1px solid #8889; border-radius: .5rem; font: inherit; font-weight: 600;
      background: transparent; color: inherit; cursor: pointer }
    button.allow { border-color: var(--green); background: var(--green); color: #fff }
  </style>
</head>
<body><main><div class="brand">Pushbullet <small>· simulated</small></div>${content}</main></body>
</html>`.text
}
