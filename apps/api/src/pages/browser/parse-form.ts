import { parse } from 'node:querystring'
import type { ParsedUrlQuery } from 'node:querystring'
import { Problem } from '../../problems/problem.ts'

/** Reads a form. Bytes that are not UTF-8, percent-encoded or not, are refused: they would turn into U+FFFD. */
export function parseForm (text: string): ParsedUrlQuery {
  // URL Standard §5.2: a serializer of forms percent-encodes everything that is not ASCII.
  if (!/^[\x20-\x7E]*$/.test(text) || !isDecodable(text)) throw new Problem('badRequest', 'The form is not UTF-8')
  return parse(text)
}

function isDecodable (text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
