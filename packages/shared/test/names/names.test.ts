import t from 'tap'
import { cleanName, nameFault, sanitizeText } from '../../src/names/index.ts'

t.test('refuses names that change the surrounding text, or that are invisible', async (t) => {
  const good = ['Ann', 'O\'Neil & Søn', 'שרה כהן', 'محمد', '王小明', '🧑‍🚀', 'A\u0301', '.']
  for (const name of good) t.equal(nameFault(name), undefined, codesOf(name))
  const turning = ['\u202Eevil', 'a\u2066b', 'a\u200Fb', 'a\u061Cb', 'a\nb', 'a\u2028b', '\u001b[2J', 'a\u0085', 'a\u007F']
  for (const name of turning) t.match(nameFault(name), /^holds control characters/, codesOf(name))
  const invisible = ['', ' ', '\u200B', '\u2060\u00AD', '\u3164', '\u2800 ', '\uFE0F', '\u00A0\u200D']
  for (const name of invisible) t.match(nameFault(name), 'holds no character that can be seen', codesOf(name))
})

t.test('repairs the name of an account, or uses its id', async (t) => {
  t.equal(cleanName('Ann', 'a1'), 'Ann')
  t.equal(cleanName('An\u202En\nB', 'a1'), 'An n B')
  t.equal(cleanName('\u200B\u202E ', 'a1'), 'a1')
  t.equal(cleanName('', '\u202Ea1'), '\uFFFDa1')
})

t.test('replaces characters that must not be displayed', async (t) => {
  t.equal(sanitizeText('An\u202En'), 'An\uFFFDn')
  t.equal(sanitizeText('\u200B'), '\uFFFD')
  t.equal(sanitizeText('Ann'), 'Ann')
})

/** Formats characters as code points, because some would break the lines of the report. */
function codesOf (name: string): string {
  return [...name].map((character) => `U+${(character.codePointAt(0) ?? 0).toString(16)}`).join(' ')
}
