/* global addEventListener, document, fetch, FormData, location, performance, setInterval, setTimeout, URLSearchParams */

// Sends `form` at intervals, less often after errors or in a hidden tab, until the handshake has ended. Then it leaves the page.
// While the page sends another form, it waits: that form leads to the same end, and the user's site would be opened twice.
const maxWaitMs = 60_000

export function pollUntilEnded (form, intervalMs) {
  let isLeaving = false
  document.addEventListener('submit', (event) => { isLeaving = !event.defaultPrevented })
  // The user went back to this page.
  addEventListener('pageshow', () => { isLeaving = false })
  wait(intervalMs)

  function wait (waitMs) {
    setTimeout(() => ask(waitMs), document.hidden ? Math.max(waitMs, 2 * intervalMs) : waitMs)
  }

  async function ask (waitMs) {
    if (isLeaving) return wait(intervalMs)
    try {
      const response = await fetch(form.action, {
        method: 'POST', headers: { accept: 'application/json' }, body: new URLSearchParams(new FormData(form))
      })
      if (!response.ok) return retry(waitMs)
      const { status, location: address } = await response.json()
      if (status === 'pending' || isLeaving) return wait(intervalMs)
      if (address === null) form.submit()
      else location.assign(address)
    } catch {
      retry(waitMs)
    }
  }

  function retry (waitMs) {
    wait(Math.min(2 * waitMs, maxWaitMs))
  }
}

// Calls `show` every second with the seconds that are left of `ms`. The server sends the time that is left, because the clock of
// this machine may differ.
export function countDown (ms, show) {
  const endMs = performance.now() + ms
  const tick = () => show(Math.max(0, Math.ceil((endMs - performance.now()) / 1_000)))
  tick()
  setInterval(tick, 1_000)
}

export function clockOf (seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
