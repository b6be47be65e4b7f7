/* global document, fetch, history, location, sessionStorage, URLSearchParams */

// The token comes in the fragment, which no server sees. It is kept for this tab, so that the page works after the redirect
// back from a provider, and removed from the address at once, together with the outcome that the page shows.
const given = new URLSearchParams(location.hash.slice(1)).get('token')
if (given !== null) sessionStorage.setItem('token', given)
history.replaceState(null, '', location.pathname)
const token = sessionStorage.getItem('token')

const hint = document.getElementById('hint')
const errorLine = document.getElementById('error')
const list = document.getElementById('connectors')
const back = document.getElementById('back')
const labels = {
  redirect: 'Connect',
  verifier: 'Paste a verifier',
  code: 'Use a code',
  link: 'Connect',
  confirm: 'Connect',
  paste: 'Paste a URL',
  subscribe: 'Turn on notifications'
}
const anotherLabels = Object.fromEntries(Object.keys(labels).map((kind) => [kind, 'Connect another']))
const waitReasons = { rateLimited: 'its rate limit is reached', breakerOpen: 'it is not available' }

// A screen reader starts with the outcome of the handshake.
document.getElementById('outcome')?.focus()
hint.textContent = 'Loading…'
show()

async function show () {
  if (token === null) return showError('Open this page from a link on the site.')
  const answer = await api('GET', 'connectors')
  if (answer === undefined) return
  hint.textContent = answer.data.length === 0 ? 'There is nothing to connect.' : ''
  list.replaceChildren(...answer.data.map(toItem))
  // The server has checked that it is a page of the site.
  back.hidden = answer.returnTo === null
  if (answer.returnTo !== null) back.querySelector('a').href = answer.returnTo
}

function toItem (connector) {
  return connector.accounts === 'many' ? toListItem(connector) : toSingleItem(connector)
}

// Several accounts of one provider: one line each, and a form that connects another one.
function toListItem (connector) {
  const { provider, name, canManage, connections } = connector
  const item = document.createElement('li')
  item.dataset.provider = provider
  const lines = document.createElement('ul')
  lines.append(...connections.map((connection) => {
    const line = document.createElement('li')
    const needsUser = connection.status === 'needsReauth'
    const { label, account, mutedReason } = connection
    const silence = { muted: '. It is muted', unsubscribed: '. You unsubscribed it' }[mutedReason] ?? ''
    const state = needsUser ? ['no longer accepts our access (', foreign(connection.statusReason), '). Connect it again.'] : ['connected', silence]
    line.append(
      text(label ?? account.name, state),
      ...(canManage ? [changeForm(connector, connection)] : [])
    )
    return line
  }))
  item.append(
    text(name, connections.length === 0 ? ['not connected'] : []),
    ...(connections.length === 0 ? [] : [lines]),
    ...(canManage ? [connectForm(connector, connections.length === 0 ? {} : anotherLabels)] : [])
  )
  return item
}

function changeForm ({ provider, name }, connection) {
  const { id, account, muted, status } = connection
  const mute = status === 'needsReauth' ? [] : [button(muted ? 'Unmute' : 'Mute', account.name, 'quiet', 'mute')]
  return form([...mute, button('Disconnect', account.name, 'quiet', 'disconnect')], async (action) => {
    if (action === 'disconnect') return await disconnect({ provider, name: account.name, connection })
    if (await api('PATCH', `connections/${id}`, { muted: !muted }) === undefined) return
    await show()
    hint.textContent = `${name}: ${account.name} is ${muted ? 'no longer muted' : 'muted'}.`
  })
}

function toSingleItem (connector) {
  const { provider, name, canManage, connection } = connector
  const item = document.createElement('li')
  item.dataset.provider = provider
  const needsUser = connection?.status === 'needsReauth'
  const missing = connection?.missingPermissions ?? []
  item.append(
    text(name, [...stateOf(connector), pullStatusOf(connector)]),
    ...(canManage && (connection === null || needsUser) ? [connectForm(connector)] : []),
    ...(canManage && missing.length > 0 && !needsUser ? [connectForm(connector, { redirect: 'Reconnect to allow it' })] : []),
    ...(canManage && connector.pull !== null && !needsUser ? [refreshForm(connector)] : []),
    ...(canManage && connection !== null ? [disconnectForm(connector)] : [])
  )
  return item
}

// A user who cannot connect or disconnect is told who can.
function stateOf ({ reason, contact, team, connection }) {
  if (reason === 'teamRequired') return ['is connected for a team. Choose a team on the site, and open this page from there.']
  const forTeam = team === null ? [] : [' for team ', foreign(team.name)]
  if (connection === null) return ['not connected', ...forTeam, ...contact === null ? [] : [': ask ', foreign(contact), ' to connect it']]
  if (connection.status === 'needsReauth') {
    const whoReconnects = contact === null ? ['Reconnect it'] : ['Ask ', foreign(contact), ' to reconnect it']
    return ['no longer accepts our access', ...forTeam, ' (', foreign(connection.statusReason), '). ', ...whoReconnects, '.']
  }
  const by = connection.connectedBy === null ? [] : [' by ', foreign(connection.connectedBy.name)]
  const missing = connection.missingPermissions.join(', ')
  return ['connected', ...forTeam, ...by, ' as ', foreign(connection.account.name), missing === '' ? '' : `. You did not allow: ${missing}`]
}

// A text that users or providers chose: truncated, and isolated so that it cannot change how the text around it reads.
function foreign (text) {
  const element = document.createElement('bdi')
  const characters = [...text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\uFFFD')]
  element.textContent = characters.length <= 80 ? characters.join('') : `${characters.slice(0, 80).join('').trimEnd()}…`
  return element
}

// When data was last read through the connection, and why it was not read since or has to wait.
function pullStatusOf ({ pull }) {
  if (pull === null) return ''
  const read = pull.succeededAt === null ? 'not read yet' : `read ${new Date(pull.succeededAt).toLocaleString()}`
  const hasFailed = pull.failedAt !== null && (pull.succeededAt === null || pull.failedAt > pull.succeededAt)
  const reason = waitReasons[pull.reason]
  if (hasFailed) return `; ${read}. The last attempt failed: ${pull.failure}`
  return reason === undefined ? `; ${read}` : `; ${read}. It is read again at ${new Date(pull.dueAt).toLocaleString()}, because ${reason}`
}

function connectForm ({ provider, name, kinds, needsAccount, team }, firstLabels = {}) {
  const account = needsAccount ? accountField(provider, name) : undefined
  // The labels of the other buttons say what distinguishes them from the first one.
  const labelOf = (kind, index) => (index === 0 ? firstLabels[kind] : undefined) ?? (kinds.length === 1 && kind === 'paste' ? 'Connect' : labels[kind])
  return form([
    ...(account === undefined ? [] : account.parts),
    ...kinds.map((kind, index) => button(labelOf(kind, index), name, index === 0 ? '' : 'quiet', kind))
  ], async (kind) => {
    const named = account === undefined ? {} : { account: account.input.value }
    // The token knows the page of the site, if the user came from one.
    const returnTo = back.hidden ? { returnTo: location.origin + location.pathname } : {}
    const forTeam = team === null ? {} : { teamId: team.teamId }
    const handshake = await api('POST', 'handshakes', { provider, kind, ...forTeam, ...named, ...returnTo }, account?.input)
    if (handshake !== undefined && await bind(provider, handshake.id)) location.assign(handshake.startUrl)
  })
}

// Binds the handshake to this browser, so that its link works in no other browser. The response sets the cookie.
async function bind (provider, handshake) {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`connect/${provider}/bind`, { method: 'POST', headers, body: new URLSearchParams({ handshake }) }).catch(() => undefined)
  if (answer?.ok) return true
  showError('The connection could not be started. Try again.')
  return false
}

function refreshForm ({ provider, name, team, pull }) {
  return form([button('Read now', name, 'quiet', 'refresh')], async () => {
    const path = `teams/${encodeURIComponent(team.teamId)}/pulls/${provider}/${pull.name}/refresh`
    const asked = await api('POST', path)
    if (asked !== undefined) hint.textContent = waitReasons[asked.reason] === undefined ? `${name} is being read.` : `${name} is read as soon as its rate limit allows.`
  })
}

function disconnectForm (connector) {
  return form([button('Disconnect', connector.name, 'quiet', 'disconnect')], async () => await disconnect(connector))
}

async function disconnect ({ provider, name, connection }) {
  document.getElementById('outcome')?.remove()
  if (await api('DELETE', `connections/${connection.id}`) === undefined) return
  await show()
  hint.textContent = `${name} is disconnected.`
  // The button that had the focus was removed.
  list.querySelector(`[data-provider="${provider}"] button`)?.focus()
}

// A form, so that Enter works in its field. Its buttons stay enabled, because a disabled button loses the focus.
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

// Undefined after an error, which the page shows; at `field`, if the error is about it.
async function api (method, path, body, field) {
  errorLine.hidden = true
  for (const wrong of list.querySelectorAll('[aria-invalid]')) wrong.removeAttribute('aria-invalid')
  const headers = { authorization: `Bearer ${token}` }
  if (body !== undefined) headers['content-type'] = 'application/json'
  try {
    const answer = await fetch(`v1/${path}`, { method, headers, body: body && JSON.stringify(body) })
    if (answer.ok) return answer.status === 204 ? null : await answer.json()
    if (answer.status === 401) sessionStorage.removeItem('token')
    showError(answer.status === 401 ? 'This link has expired. Open a new one on the site.' : messageOf(await answer.json()), field)
  } catch {
    showError('The server cannot be reached. Try again.')
  }
}

function messageOf ({ detail, errors }) {
  const account = errors?.find(({ path }) => path === 'account')
  return account === undefined ? detail : `This account ${account.message}.`
}

function showError (message, field) {
  hint.textContent = ''
  errorLine.textContent = message
  errorLine.hidden = false
  field?.setAttribute('aria-invalid', 'true')
  field?.focus()
}

function text (name, parts) {
  const paragraph = document.createElement('p')
  const strong = document.createElement('strong')
  const small = document.createElement('span')
  strong.append(foreign(name))
  small.append(' ', ...parts)
  small.className = 'soft'
  paragraph.append(strong, ...(parts.length === 0 ? [] : [small]))
  return paragraph
}

function accountField (provider, name) {
  const label = document.createElement('label')
  const input = document.createElement('input')
  Object.assign(label, { htmlFor: `account-${provider}`, textContent: `Your account at ${name}` })
  Object.assign(input, {
    id: label.htmlFor, className: 'field', placeholder: 'nick@host', autocomplete: 'off', autocapitalize: 'off', spellcheck: false, required: true, maxLength: 320
  })
  input.setAttribute('aria-describedby', 'error')
  return { input, parts: [label, input] }
}

// Several buttons have the same label, so their accessible names add the provider.
function button (label, name, className, value) {
  const element = document.createElement('button')
  Object.assign(element, { textContent: label, className, value, ariaLabel: `${label}: ${name}` })
  return element
}
