/* global document, fetch, FormData, location, performance, setInterval, setTimeout, URLSearchParams */

// Asks at an interval whether the user has entered the code or opened the link, and less often after errors or in a hidden tab.
const maxWaitMs = 60_000
const form = document.getElementById('redeem')
const intervalMs = Number(form.dataset.interval)

form.hidden = true
const hint = document.getElementById('hint')
hint.textContent = hint.dataset.waiting
countDown(document.getElementById('left'))
wait(intervalMs)

function wait (waitMs) {
  setTimeout(() => redeem(waitMs), document.hidden ? Math.max(waitMs, 2 * intervalMs) : waitMs)
}

async function redeem (waitMs) {
  try {
    const response = await fetch(form.action, {
      method: 'POST', headers: { accept: 'application/json' }, body: new URLSearchParams(new FormData(form))
    })
    if (!response.ok) return retry(waitMs)
    const { status, location: address } = await response.json()
    if (status === 'pending') return wait(intervalMs)
    if (address === null) form.submit()
    else location.assign(address)
  } catch {
    retry(waitMs)
  }
}

function retry (waitMs) {
  wait(Math.min(2 * waitMs, maxWaitMs))
}

// The server sends the time that is left, because the clock of this machine may differ.
function countDown (line) {
  const endMs = performance.now() + Number(line.dataset.left)
  show()
  setInterval(show, 1_000)

  function show () {
    const seconds = Math.max(0, Math.ceil((endMs - performance.now()) / 1_000))
    line.textContent = seconds === 0
      ? line.dataset.expired
      : `Expires in ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}.`
  }
}
