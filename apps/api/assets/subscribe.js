/* global atob, btoa, fetch, navigator, Notification, setTimeout, Uint8Array, URL, window */

const apiUrl = '{apiUrl}'
const provider = '{provider}'

// Connects this browser to the user of `token`. Call it in a click: browsers ask for the permission only then. `worker` is the
// URL of a service worker of the site that imports ours. Returns the completed handshake. Throws Error with a text for people.
export async function connectBrowser ({ token, worker }) {
  const call = async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, ...body !== undefined && { 'content-type': 'application/json' } }
    const response = await fetch(`${apiUrl}/${path}`, { method, headers, body: body && JSON.stringify(body) })
    const json = await response.json()
    if (!response.ok) throw new Error(json.detail)
    return json
  }
  // Asked for first, because the permission to ask ends a few seconds after the click.
  await askPermission()
  const { publicKey, earlierKeys } = await call('GET', `${provider}/key`)
  const subscription = await subscribe({ publicKeys: [publicKey, ...earlierKeys], worker })
  const { id } = await call('POST', 'handshakes', { provider, kind: 'subscribe' })
  return await call('POST', `handshakes/${id}/subscription`, subscription)
}

export function isSupported () {
  return 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
}

// Why this browser cannot receive notifications of this page now, as a text for people. Undefined if it can.
export function findProblem () {
  if (!isSupported()) {
    return /iPhone|iPad/.test(navigator.userAgent)
      ? 'On an iPhone or iPad, add this page to the Home Screen first, and open it from there.'
      : 'This browser does not support notifications.'
  }
  if (Notification.permission === 'denied') return 'This browser blocks notifications of this page. Allow them in the settings of the page, and try again.'
}

export async function askPermission () {
  const problem = findProblem()
  if (problem !== undefined) throw new Error(problem)
  const permission = await Notification.requestPermission()
  if (permission !== 'granted') throw new Error(findProblem() ?? 'You did not allow notifications. Try again, and allow them.')
}

// The subscription of this browser, as the server accepts it. An existing one is kept, if the server still has its key.
export async function subscribe ({ publicKeys, worker }) {
  const registration = await navigator.serviceWorker.register(worker)
  await becomeActive(registration)
  const { pushManager } = registration
  const existing = await pushManager.getSubscription()
  if (existing !== null && publicKeys.includes(keyOf(existing))) return serialize(existing)
  await existing?.unsubscribe()
  for (let attempt = 1; ; attempt++) {
    const fresh = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: toBytes(publicKeys[0]) })
    // Chromium may return an endpoint that no longer exists right after it has unsubscribed.
    if (attempt === 3 || !new URL(fresh.endpoint).hostname.endsWith('.invalid')) return serialize(fresh)
    await fresh.unsubscribe()
    await new Promise((resolve) => setTimeout(resolve, 500 * attempt))
  }
}

function serialize (subscription) {
  return { ...subscription.toJSON(), applicationServerKey: keyOf(subscription), name: nameOfBrowser() }
}

async function becomeActive ({ active, waiting, installing }) {
  if (active !== null) return
  const worker = installing ?? waiting
  await new Promise((resolve, reject) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve()
      if (worker.state === 'redundant') reject(new Error('The service worker could not be installed.'))
    })
    if (worker.state === 'activated') resolve()
  })
}

function keyOf ({ options }) {
  const key = options?.applicationServerKey
  return key ? btoa(String.fromCharCode(...new Uint8Array(key))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') : undefined
}

function toBytes (base64url) {
  return Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
}

// By which users recognize the browser, such as `Firefox on Linux`.
function nameOfBrowser () {
  const { userAgent } = navigator
  const find = (table) => table.find(([pattern]) => pattern.test(userAgent))?.[1]
  const browser = find([[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\//, 'Firefox'], [/Chrom(e|ium)\//, 'Chrome'], [/Safari\//, 'Safari']]) ?? 'Browser'
  const system = find([
    [/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS/, 'Mac'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']
  ])
  return system === undefined ? browser : `${browser} on ${system}`
}
