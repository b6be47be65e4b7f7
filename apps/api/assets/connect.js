/* global document, fetch, history, location, sessionStorage, URLSearchParams */

// The token comes in the fragment, which no server sees. It is kept for this tab alone, so that the way through a
// provider leads back here, and taken out of the address at once, as is the outcome that the page has shown.
const given = new URLSearchParams(location.hash.slice(1)).get('token')
if (given !== null) sessionStorage.setItem('token', given)
history.replaceState(null, '', location.pathname)
const token = sessionStorage.getItem('token')

const hint = document.getElementById('hint')
const fault = document.getElementById('fault')
const list = document.getElementById('connectors')
const ways = { redirect: 'Connect', verifier: 'Paste a verifier', code: 'Use a code' }
const waits = { rateLimited: 'its limit is reached', breakerOpen: 'it is out of order' }

// Whoever comes back from a provider is told first what has come of it.
document.getElementById('outcome')?.focus()
hint.textContent = 'One moment…'
show()

async function show () {
  if (token === null) return complain('Open this page through the link that the site has for you.')
  const answer = await api('GET', 'connectors')
  if (answer === undefined) return
  hint.textContent = answer.data.length === 0 ? 'There is nothing to connect yet.' : ''
  list.replaceChildren(...answer.data.map(toItem))
}

function toItem (connector) {
  const { provider, name, canManage, connection } = connector
  const item = document.createElement('li')
  item.dataset.provider = provider
  const needsUser = connection?.status === 'needsReauth'
  const missing = connection?.missingPermissions ?? []
  item.append(
    text(name, [...stateOf(connector), readingOf(connector)]),
    ...(canManage && (connection === null || needsUser) ? [connectForm(connector)] : []),
    ...(canManage && missing.length > 0 && !needsUser ? [connectForm(connector, { redirect: 'Reconnect to allow it' })] : []),
    ...(canManage && connector.pull !== null && !needsUser ? [refreshForm(connector)] : []),
    ...(canManage && connection !== null ? [disconnectForm(connector)] : [])
  )
  return item
}

// Who may not do anything about it is told who can.
function stateOf ({ reason, contact, team, connection }) {
  if (reason === 'teamRequired') return ['is connected for a team: choose one on the site, and come back from there']
  const forTeam = team === null ? [] : [' for team ', foreign(team.name)]
  if (connection === null) return ['not connected', ...forTeam, ...contact === null ? [] : [': ask ', foreign(contact), ' to connect it']]
  if (connection.status === 'needsReauth') {
    return ['needs ', contact === null ? 'you' : foreign(contact), ' to connect again', ...forTeam, ' (', foreign(connection.statusReason), ')']
  }
  const by = connection.connectedBy === null ? [] : [' by ', foreign(connection.connectedBy.name)]
  const missing = connection.missingPermissions.join(', ')
  return ['connected', ...forTeam, ...by, ' as ', foreign(connection.account.name), missing === '' ? '' : `; not allowed there: ${missing}`]
}

// A text that users or providers chose: cut, and isolated so that it cannot change how the text around it reads.
function foreign (text) {
  const element = document.createElement('bdi')
  const characters = [...text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\uFFFD')]
  element.textContent = characters.length <= 80 ? characters.join('') : `${characters.slice(0, 80).join('').trimEnd()}…`
  return element
}

// When what is read through it was read last, and why not since then, or why it waits.
function readingOf ({ pull }) {
  if (pull === null) return ''
  const read = pull.succeededAt === null ? 'not read yet' : `read ${new Date(pull.succeededAt).toLocaleString()}`
  const hasFailed = pull.failedAt !== null && (pull.succeededAt === null || pull.failedAt > pull.succeededAt)
  const why = waits[pull.reason]
  if (hasFailed) return `; ${read}, and not since: ${pull.failure}`
  return why === undefined ? `; ${read}` : `; ${read}, and not before ${new Date(pull.dueAt).toLocaleString()}: ${why}`
}

function connectForm ({ provider, name, kinds, needsAccount, team }, words = ways) {
  const account = needsAccount ? accountField(provider, name) : undefined
  return form([
    ...(account === undefined ? [] : account.parts),
    ...kinds.map((kind, index) => button(words[kind] ?? ways[kind], name, index === 0 ? '' : 'quiet', kind))
  ], async (kind) => {
    const named = account === undefined ? {} : { account: account.input.value }
    const returnTo = location.origin + location.pathname
    const forTeam = team === null ? {} : { teamId: team.teamId }
    const handshake = await api('POST', 'handshakes', { provider, kind, ...forTeam, ...named, returnTo }, account?.input)
    if (handshake !== undefined && await bind(provider, handshake.id)) location.assign(handshake.startUrl)
  })
}

// Ties the handshake to this browser, so that its link works in no other browser. The cookie comes with the answer.
async function bind (provider, handshake) {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`connect/${provider}/bind`, { method: 'POST', headers, body: new URLSearchParams({ handshake }) }).catch(() => undefined)
  if (answer?.ok) return true
  complain('This could not be started. Try again.')
  return false
}

function refreshForm ({ provider, name, team, pull }) {
  return form([button('Read now', name, 'quiet', 'refresh')], async () => {
    const path = `teams/${encodeURIComponent(team.teamId)}/pulls/${provider}/${pull.name}/refresh`
    const asked = await api('POST', path)
    if (asked !== undefined) hint.textContent = waits[asked.reason] === undefined ? `${name} is read in a moment.` : `${name} is read as soon as it lets us.`
  })
}

function disconnectForm ({ provider, name, connection }) {
  return form([button('Disconnect', name, 'quiet', 'disconnect')], async () => {
    document.getElementById('outcome')?.remove()
    if (await api('DELETE', `connections/${connection.id}`) === undefined) return
    await show()
    hint.textContent = `${name} is disconnected.`
    // The button that had the focus is gone.
    list.querySelector(`[data-provider="${provider}"] button`)?.focus()
  })
}

// A form, so that Enter works in its field. Its buttons stay enabled: one that is disabled loses the focus.
function form (parts, act) {
  const element = document.createElement('form')
  element.append(...parts)
  element.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (element.ariaBusy === 'true') return
    element.ariaBusy = 'true'
    await act((event.submitter ?? element.querySelector('button')).value)
    element.ariaBusy = 'false'
  })
  return element
}

// Undefined when there is no answer, and the user has been told why; at `field`, if that is what the trouble is with.
async function api (method, path, body, field) {
  fault.hidden = true
  for (const wrong of list.querySelectorAll('[aria-invalid]')) wrong.removeAttribute('aria-invalid')
  const headers = { authorization: `Bearer ${token}` }
  if (body !== undefined) headers['content-type'] = 'application/json'
  try {
    const answer = await fetch(`v1/${path}`, { method, headers, body: body && JSON.stringify(body) })
    if (answer.ok) return answer.status === 204 ? null : await answer.json()
    if (answer.status === 401) sessionStorage.removeItem('token')
    complain(answer.status === 401 ? 'This link has run out. Open a new one on the site.' : wordsOf(await answer.json()), field)
  } catch {
    complain('The server cannot be reached.')
  }
}

function wordsOf ({ detail, errors }) {
  const account = errors?.find(({ path }) => path === 'account')
  return account === undefined ? detail : `This account ${account.message}.`
}

function complain (words, field) {
  hint.textContent = ''
  fault.textContent = words
  fault.hidden = false
  field?.setAttribute('aria-invalid', 'true')
  field?.focus()
}

function text (name, parts) {
  const paragraph = document.createElement('p')
  const strong = document.createElement('strong')
  const small = document.createElement('span')
  strong.textContent = name
  small.append(' ', ...parts)
  small.className = 'soft'
  paragraph.append(strong, small)
  return paragraph
}

function accountField (provider, name) {
  const label = document.createElement('label')
  const input = document.createElement('input')
  Object.assign(label, { htmlFor: `account-${provider}`, textContent: `Your account at ${name}` })
  Object.assign(input, {
    id: label.htmlFor, className: 'field', placeholder: 'nick@host', autocomplete: 'off', autocapitalize: 'off', spellcheck: false, required: true, maxLength: 320
  })
  input.setAttribute('aria-describedby', 'fault')
  return { input, parts: [label, input] }
}

// Several have the same words on them, so their names say more.
function button (label, name, className, value) {
  const element = document.createElement('button')
  Object.assign(element, { textContent: label, className, value, ariaLabel: `${label}: ${name}` })
  return element
}
