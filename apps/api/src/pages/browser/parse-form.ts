import { parse } from 'node:querystring'
import type { ParsedUrlQuery } from 'node:querystring'
import { Problem } from '../../problems/problem.ts'

/** Parses a form. Refuses bytes that are not UTF-8, which would become U+FFFD. */
export function parseForm (text: string): ParsedUrlQuery {
  // URL Standard §5.2: browsers percent-encode everything that is not ASCII.
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
