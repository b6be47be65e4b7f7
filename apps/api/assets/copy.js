/* global document, navigator */

// Copies the secret. The page is shown once, so a failure to copy must not go unnoticed.
const button = document.getElementById('copy')
const text = document.getElementById('secret')

if (navigator.clipboard !== undefined) {
  button.hidden = false
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text.textContent)
      button.textContent = button.dataset.copied
    } catch {
      button.hidden = true
    }
  })
}
