/** A shorter piece of base64 may occur by chance. */
const minBase64Length = 8

/** The forms in which a response may contain a secret: plain, and encoded for URLs, forms, JSON and base64. */
export function secretForms (secret: string): string[] {
  const percent = encodeURIComponent(secret)
  const strict = percent.replace(/[!'()*]/g, (character) => `%${hexOf(character)}`)
  const form = new URLSearchParams([['', secret]]).toString().slice(1)
  const json = JSON.stringify(secret).slice(1, -1)
  const jsonForms = [json, json.replaceAll('/', '\\/'), escapeForHtml(json), escapeForHtml(json.replaceAll('/', '\\/'))]
  const hexForms = [percent, strict, form, ...jsonForms].flatMap((text) => [text, lowerHex(text), upperHex(text)])
  return [...new Set([secret, ...hexForms, ...base64Forms(secret)])].filter((text) => text !== '')
}

/** Some JSON libraries escape characters that have a meaning in HTML. */
function escapeForHtml (json: string): string {
  return json.replace(/[<>&'=+]/g, (character) => `\\u00${hexOf(character)}`)
}

/**
 * Base64 of a longer text that contains the secret at one of three offsets, without the characters that depend on other bytes.
 */
function base64Forms (secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)])
    const own = bytes.toString('base64').slice(Math.ceil(offset * 8 / 6), Math.floor(bytes.length * 8 / 6))
    return own.length < minBase64Length ? [] : [own, own.replaceAll('+', '-').replaceAll('/', '_')]
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
