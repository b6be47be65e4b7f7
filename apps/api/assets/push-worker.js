/* global clients, fetch, self, URL, URLSearchParams */

// Shows every message that the push service delivers to this browser. A site may import this file into its own service worker:
// its notifications then carry the origin of the site.
((connectUrl) => {
  self.addEventListener('push', (event) => { event.waitUntil(show(event.data)) })
  self.addEventListener('notificationclick', (event) => { event.waitUntil(open(event.notification, event.action)) })

  // Browsers end subscriptions whose pushes show nothing, so a message that cannot be read is shown too.
  async function show (content) {
    const { title, body, lang, dir, tag, image, silent, requireInteraction, navigate, actions = [], data } = read(content)
    await self.registration.showNotification(title, {
      body,
      lang,
      dir,
      tag,
      image,
      silent,
      requireInteraction,
      actions: actions.map(({ action, title }) => ({ action, title })),
      data: { seen: data?.seen, navigate, actions: Object.fromEntries(actions.map(({ action, navigate }) => [action, navigate])) }
    })
  }

  function read (content) {
    try {
      const { notification } = content.json()
      if (typeof notification.title === 'string') return notification
    } catch {}
    return { title: 'New notification' }
  }

  async function open (notification, action) {
    notification.close()
    const { seen, navigate, actions = {} } = notification.data ?? {}
    await Promise.allSettled([openPage(actions[action] ?? navigate), report(seen)])
  }

  async function openPage (address) {
    if (!URL.canParse(address) || !['http:', 'https:'].includes(new URL(address).protocol)) return
    const windows = await clients.matchAll({ type: 'window', includeUncontrolled: true })
    const same = windows.find(({ url }) => url === new URL(address).href)
    await (same === undefined ? clients.openWindow(address) : same.focus())
  }

  // The request needs no preflight and no cookie: the token is all that it says.
  async function report (token) {
    if (token === undefined) return
    const options = { method: 'POST', mode: 'no-cors', credentials: 'omit', keepalive: true }
    await fetch(`${connectUrl}/seen`, { ...options, body: new URLSearchParams({ token }) }).catch(() => {})
  }
})('{connectUrl}')
