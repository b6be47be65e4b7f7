/* global EventSource, location */
const MAX_SCREENS = 60
const MAX_CARDS = 50

const byId = (id) => document.getElementById(id)
const screens = new Map()
const providerNames = new Map()

await showHelp()
watch()
byId('search').addEventListener('input', () => { for (const screen of screens.values()) filter(screen) })

function watch () {
  const events = new EventSource('/screen/events')
  events.onopen = () => {
    showConnection('live', 'live')
    // A new stream starts with the whole state, perhaps of another sandbox.
    clear()
  }
  events.onerror = () => showConnection('lost', 'connection lost')
  events.addEventListener('news', ({ data }) => showNews(JSON.parse(data)))
  events.addEventListener('reset', ({ data }) => {
    clear()
    showNews(JSON.parse(data))
  })
}

function clear () {
  screens.clear()
  byId('screens').replaceChildren()
}

function showNews ({ totals, joined, arrived }) {
  byId('accounts').textContent = totals.accounts.toLocaleString()
  byId('accounts-label').textContent = totals.accounts === 1 ? 'account' : 'accounts'
  byId('arrivals').textContent = totals.arrivals.toLocaleString()
  for (const account of joined) screenOf(account)
  for (const arrival of arrived) addCard(screenOf(arrival), arrival)
}

function screenOf ({ provider, account }) {
  const key = `${provider} ${account}`
  const known = screens.get(key)
  if (known !== undefined) {
    // In order of use, so that the least recently used screen is removed.
    screens.delete(key)
    screens.set(key, known)
    return known
  }
  const phone = byId('screen').content.firstElementChild.cloneNode(true)
  phone.querySelector('h2').textContent = account
  phone.querySelector('.provider').textContent = providerNames.get(provider) ?? provider
  phone.querySelector('.remove').addEventListener('click', ({ target }) => removeApp(target, provider, account))
  const screen = { account, phone, cards: phone.querySelector('.cards') }
  screens.set(key, screen)
  filter(screen)
  byId('screens').append(phone)
  if (screens.size > MAX_SCREENS) removeLeastRecentlyUsed()
  return screen
}

function removeLeastRecentlyUsed () {
  const [key, { phone }] = screens.entries().next().value
  screens.delete(key)
  phone.remove()
}

function addCard ({ cards, phone }, { at, card: { kind, title, body, url, imageUrl, color } }) {
  const card = byId('card').content.firstElementChild.cloneNode(true)
  card.dataset.kind = kind
  card.querySelector('.kind').textContent = kind
  card.querySelector('time').textContent = new Date(at).toLocaleTimeString()
  card.querySelector('time').dateTime = at
  card.querySelector('h3').textContent = title ?? ''
  card.querySelector('p').textContent = body ?? ''
  if (isWeb(imageUrl)) card.querySelector('img').src = imageUrl
  if (url !== undefined) card.querySelector('a').textContent = url
  // A path leads to a page of the simulator.
  if (isWeb(url) || /^\/[^/]/.test(url ?? '')) card.querySelector('a').href = url
  if (color !== undefined) {
    card.style.setProperty('--color', color)
    phone.style.setProperty('--color', color)
    phone.dataset.colored = ''
  }
  card.classList.add('new')
  cards.prepend(card)
  while (cards.children.length > MAX_CARDS) cards.lastElementChild.remove()
}

function isWeb (url) {
  return /^https?:\/\//i.test(url ?? '')
}

function filter ({ account, phone }) {
  phone.hidden = !account.toLowerCase().includes(byId('search').value.trim().toLowerCase())
}

async function removeApp (button, provider, account) {
  const response = await fetch('/_control/tokens/revoke', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ provider, account })
  })
  button.textContent = response.ok ? 'Removed' : 'Failed'
  setTimeout(() => { button.textContent = 'Remove app' }, 2000)
}

function showConnection (state, text) {
  byId('connection').dataset.state = state
  byId('connection').textContent = text
}

async function showHelp () {
  const { data } = await (await fetch('/screen/providers')).json()
  for (const { id, name, consentPath } of data) {
    providerNames.set(id, name)
    const link = Object.assign(document.createElement('a'), { href: consentPath, textContent: `${name}'s consent page` })
    const item = document.createElement('li')
    item.append(link)
    byId('consents').append(item)
  }
  showExamples(data[0].id)
}

function showExamples (provider) {
  const post = (path, body) => `curl ${location.origin}${path} -d '${JSON.stringify({ provider, ...body })}'`
  byId('examples').textContent = [
    '# the next three requests fail',
    post('/_control/faults', { status: 500, times: 3 }),
    '# the next request is taken, and its response gets lost',
    post('/_control/faults', { reset: 'after', times: 1 }),
    '# no more faults',
    `curl -X DELETE ${location.origin}/_control/faults`,
    '# ten accounts that have granted access',
    post('/_control/accounts', { count: 10 }),
    '# everything that arrived',
    `curl '${location.origin}/_control/inbox?provider=${provider}'`
  ].join('\n')
}
