/* global document, fetch, history, location, sessionStorage, URLSearchParams */

// The token comes in the fragment, which no server sees. It is kept for this tab alone, so that the way through a
// provider leads back here, and taken out of the address at once.
const given = new URLSearchParams(location.hash.slice(1)).get('token')
if (given !== null) sessionStorage.setItem('token', given)
const outcome = new URLSearchParams(location.search)
history.replaceState(null, '', location.pathname)
const token = sessionStorage.getItem('token')

const hint = document.getElementById('hint')
const list = document.getElementById('connectors')

showOutcome()
show()

async function show () {
  if (token === null) return tell('Open this page through the link that the site has for you.')
  const answer = await api('GET', 'connectors')
  if (answer === undefined) return
  tell(answer.data.length === 0 ? 'There is nothing to connect yet.' : '')
  list.replaceChildren(...answer.data.map(toItem))
}

const ways = { redirect: 'Connect', verifier: 'Paste a verifier', code: 'Use a code' }

function toItem ({ provider, name, kinds, needsAccount, connection }) {
  const item = document.createElement('li')
  const needsUser = connection?.status === 'needsReauth'
  const state = connection === null
    ? 'not connected'
    : needsUser ? `needs you to connect again (${connection.statusReason})` : `connected as ${connection.account.name}`
  const account = connection === null || needsUser ? needsAccount && accountField(name) : undefined
  const connect = kinds.map((kind, index) => (connection === null || needsUser) &&
    button(ways[kind], () => open(provider, kind, account), index === 0 ? '' : 'quiet'))
  item.append(text(name, state), buttons(
    account,
    ...connect,
    connection !== null && button('Disconnect', () => disconnect(connection.id), 'quiet')
  ))
  return item
}

async function open (provider, kind, account) {
  if (account && !account.reportValidity()) return
  const named = account ? { account: account.value } : {}
  const handshake = await api('POST', 'handshakes', { provider, kind, ...named, returnTo: location.origin + location.pathname })
  if (handshake !== undefined) location.assign(handshake.startUrl)
}

async function disconnect (id) {
  document.getElementById('outcome').hidden = true
  if (await api('DELETE', `connections/${id}`) !== undefined) await show()
}

async function api (method, path, body) {
  const headers = { authorization: `Bearer ${token}` }
  if (body !== undefined) headers['content-type'] = 'application/json'
  try {
    const answer = await fetch(`v1/${path}`, { method, headers, body: body && JSON.stringify(body) })
    if (answer.ok) return answer.status === 204 ? null : await answer.json()
    if (answer.status === 401) sessionStorage.removeItem('token')
    tell(answer.status === 401 ? 'This link has run out. Open a new one on the site.' : (await answer.json()).detail, true)
  } catch {
    tell('The server cannot be reached.', true)
  }
}

function showOutcome () {
  const result = outcome.get('carillon')
  if (result !== 'connected' && result !== 'failed') return
  const line = document.getElementById('outcome')
  line.hidden = false
  line.className = result === 'failed' ? 'error' : ''
  line.textContent = result === 'connected' ? 'Connected.' : `Not connected (${outcome.get('reason') ?? 'no reason given'}).`
}

function tell (words, isError = false) {
  hint.textContent = words
  hint.className = isError ? 'error' : 'soft'
}

function text (name, state) {
  const paragraph = document.createElement('p')
  const strong = document.createElement('strong')
  const small = document.createElement('span')
  strong.textContent = name
  small.textContent = ` ${state}`
  small.className = 'soft'
  paragraph.append(strong, small)
  return paragraph
}

function buttons (...all) {
  const group = document.createElement('span')
  group.append(...all.filter(Boolean))
  return group
}

function accountField (name) {
  const field = document.createElement('input')
  Object.assign(field, { className: 'field', placeholder: 'nick@host', autocomplete: 'off', autocapitalize: 'off', required: true, maxLength: 320 })
  field.setAttribute('aria-label', `Your account at ${name}`)
  return field
}

function button (label, act, className = '') {
  const element = document.createElement('button')
  element.textContent = label
  element.className = className
  element.addEventListener('click', async () => {
    element.disabled = true
    await act()
    element.disabled = false
  })
  return element
}
