/* global document, fetch, FormData, location, performance, setInterval, setTimeout, URLSearchParams */

// Asks at the provider's pace whether the code has been entered, less often while nobody answers or nobody looks.
const longestWaitMs = 60_000
const form = document.getElementById('redeem')
const intervalMs = Number(form.dataset.interval)

form.hidden = true
document.getElementById('hint').textContent = 'This page goes on by itself once you have entered it.'
countDown(document.getElementById('left'))
wait(intervalMs)

function wait (waitMs) {
  setTimeout(() => ask(waitMs), document.hidden ? Math.max(waitMs, 2 * intervalMs) : waitMs)
}

async function ask (waitMs) {
  try {
    const answer = await fetch(form.action, {
      method: 'POST', headers: { accept: 'application/json' }, body: new URLSearchParams(new FormData(form))
    })
    if (!answer.ok) return again(waitMs)
    const { status, location: address } = await answer.json()
    if (status === 'pending') return wait(intervalMs)
    if (address === null) form.submit()
    else location.assign(address)
  } catch {
    again(waitMs)
  }
}

function again (waitMs) {
  wait(Math.min(2 * waitMs, longestWaitMs))
}

// What is left comes from the server, whose clock may differ from this one.
function countDown (line) {
  const endMs = performance.now() + Number(line.dataset.left)
  show()
  setInterval(show, 1_000)

  function show () {
    const seconds = Math.max(0, Math.ceil((endMs - performance.now()) / 1_000))
    line.textContent = seconds === 0
      ? 'The code has run out.'
      : `It works for another ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} minutes.`
  }
}
