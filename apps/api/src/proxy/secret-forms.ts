/** A piece of base64 that is shorter than this may be anything. */
const leastBase64 = 8

/** The ways in which a provider may write a secret into its response: as it is, and encoded for URLs, forms, JSON and base64. */
export function secretForms (secret: string): string[] {
  const percent = encodeURIComponent(secret)
  const strict = percent.replace(/[!'()*]/g, (character) => `%${hexOf(character)}`)
  const form = new URLSearchParams([['', secret]]).toString().slice(1)
  const json = JSON.stringify(secret).slice(1, -1)
  const jsonForms = [json, json.replaceAll('/', '\\/'), escapeForHtml(json), escapeForHtml(json.replaceAll('/', '\\/'))]
  const hexForms = [percent, strict, form, ...jsonForms].flatMap((text) => [text, lowerHex(text), upperHex(text)])
  return [...new Set([secret, ...hexForms, ...base64Forms(secret)])].filter((text) => text !== '')
}

/** Some JSON libraries escape what would mean something in a page. */
function escapeForHtml (json: string): string {
  return json.replace(/[<>&'=+]/g, (character) => `\\u00${hexOf(character)}`)
}

/** Base64 of a longer text in which the secret stands: it begins at one of three positions, and its ends mix with the rest. */
function base64Forms (secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)])
    const own = bytes.toString('base64').slice(Math.ceil(offset * 8 / 6), Math.floor(bytes.length * 8 / 6))
    return own.length < leastBase64 ? [] : [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

function lowerHex (text: string): string {
  return text.replace(/%[\dA-F]{2}|\\u[\da-fA-F]{4}/g, (escape) => escape.toLowerCase())
}

function upperHex (text: string): string {
  return text.replace(/(%|\\u)([\da-fA-F]{2,4})/g, (_, start: string, digits: string) => `${start}${digits.toUpperCase()}`)
}

function hexOf (character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
}
