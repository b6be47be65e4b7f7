/** Control characters, line separators, and characters that change the direction of the surrounding text. */
const unsafe = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u
/** Invisible characters. */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Cc}\p{Cf}\u2800]/gu
const replacement = '\uFFFD'

/** Why a name must not be displayed, as the end of a sentence. Undefined for a valid name. */
export function nameFault (name: string): string | undefined {
  if (unsafe.test(name)) return 'holds control characters, line breaks, or characters that change the direction of text'
  return isInvisible(name) ? 'holds no character that can be seen' : undefined
}

/** The name of an account for storage. The provider chose the name, so it is repaired and not refused. */
export function cleanName (name: string, fallback: string): string {
  const clean = name.replace(new RegExp(unsafe, 'gu'), ' ').replace(/ {2,}/g, ' ').trim()
  return isInvisible(clean) ? sanitizeText(fallback) : clean
}

/** Makes external text safe to display: replaces characters that could change the surrounding text. */
export function sanitizeText (name: string): string {
  return isInvisible(name) ? replacement : name.replace(new RegExp(unsafe, 'gu'), replacement)
}

function isInvisible (name: string): boolean {
  return name.replace(invisible, '') === ''
}
