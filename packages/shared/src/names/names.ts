/** Control characters, line separators, and characters that change the direction of the text around them. */
const unsafe = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u
/** Characters that leave no mark on the screen. */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Cc}\p{Cf}\u2800]/gu
const replacement = '\uFFFD'

/** What is wrong with a name that people are to see, as the end of a sentence; undefined when it is good. */
export function nameFault (name: string): string | undefined {
  if (unsafe.test(name)) return 'holds control characters, line breaks, or characters that change the direction of text'
  return isInvisible(name) ? 'holds no character that can be seen' : undefined
}

/** The name of an account as we store it. A provider chooses such a name, so it is repaired and not refused. */
export function cleanName (name: string, fallback: string): string {
  const clean = name.replace(new RegExp(unsafe, 'gu'), ' ').replace(/ {2,}/g, ' ').trim()
  return isInvisible(clean) ? sanitizeText(fallback) : clean
}

/** A foreign text as it may be shown: what could change the text around it is replaced by a mark. */
export function sanitizeText (name: string): string {
  return isInvisible(name) ? replacement : name.replace(new RegExp(unsafe, 'gu'), replacement)
}

function isInvisible (name: string): boolean {
  return name.replace(invisible, '') === ''
}
