import { isObject } from '@carillon/http'
import type { Reader } from '../../../env/index.ts'
import { insertVariables } from './references.ts'
import type { Variables } from './references.ts'

/**
 * Reads the members of one object of a document and collects all errors, each with the path of its member. An error contains the
 * text of the document, and never the value of a variable.
 */
export class Members {
  readonly #object: Record<string, unknown>
  readonly #path: string
  readonly #variables: Variables
  readonly #errors: string[]
  readonly #known = new Set<string>()

  constructor (value: unknown, path: string, variables: Variables, errors: string[]) {
    if (!isObject(value)) errors.push(`${path === '' ? 'the document' : path} takes an object`)
    this.#object = isObject(value) ? value : {}
    this.#path = path
    this.#variables = variables
    this.#errors = errors
  }

  has (name: string): boolean {
    this.#known.add(name)
    return this.#object[name] !== undefined && this.#object[name] !== null
  }

  /** The value, or `fallback` when it is absent or wrong. */
  read<Value, Fallback> (name: string, reader: Reader<Value>, fallback: Fallback): Value | Fallback {
    if (!this.has(name)) return fallback
    return this.#readText(name, this.#object[name], reader) ?? fallback
  }

  /** Reports an absent member. The value is `placeholder` only when there is an error. */
  require<Value> (name: string, reader: Reader<Value>, placeholder: Value): Value {
    if (!this.has(name)) this.fail(name, `is missing; it takes ${reader.accepts}`)
    return this.read(name, reader, placeholder)
  }

  /** One value, or a list of them. */
  list<Value> (name: string, reader: Reader<Value>): Value[] {
    if (!this.has(name)) return []
    return [this.#object[name]].flat().flatMap((item) => this.#readText(name, item, reader) ?? [])
  }

  flag (name: string): boolean {
    if (!this.has(name)) return false
    const value = this.#object[name]
    if (typeof value !== 'boolean') this.fail(name, 'takes true or false')
    return value === true
  }

  /** The members of an object whose names the document chooses. */
  texts (name: string, reader: Reader<string>): Record<string, string> {
    if (!this.has(name)) return {}
    const inner = this.child(name)
    return Object.fromEntries(Object.keys(inner.#object).map((key) => [key, inner.read(key, reader, '')]))
  }

  child (name: string): Members {
    this.#known.add(name)
    return new Members(this.#object[name], this.#pathOf(name), this.#variables, this.#errors)
  }

  children (name: string): Members[] {
    if (!this.has(name)) return []
    const value = this.#object[name]
    if (!Array.isArray(value)) this.fail(name, 'takes a list')
    return [value].flat().map((item, index) => new Members(item, `${this.#pathOf(name)}[${index}]`, this.#variables, this.#errors))
  }

  /** Any JSON, with the variables inserted into its texts. */
  json (name: string): unknown {
    this.#known.add(name)
    return this.#insert(name, this.#object[name])
  }

  fail (name: string, text: string): void {
    this.#errors.push(`${this.#pathOf(name)} ${text}`)
  }

  /** Reports the members that were not read, which are typing errors. */
  end (): void {
    for (const name of Object.keys(this.#object)) if (!this.#known.has(name)) this.fail(name, 'is not a known member')
  }

  #insert (name: string, value: unknown): unknown {
    if (typeof value === 'string') return this.#resolve(name, value)
    if (Array.isArray(value)) return value.map((item) => this.#insert(name, item))
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#insert(name, item)]))
  }

  #readText<Value> (name: string, value: unknown, reader: Reader<Value>): Value | undefined {
    if (typeof value !== 'string' && typeof value !== 'number') {
      this.fail(name, `takes ${reader.accepts}`)
      return undefined
    }
    const text = this.#resolve(name, String(value))
    if (text === undefined) return undefined
    try {
      return reader.read(text)
    } catch (error) {
      const why = error instanceof Error && error.message !== '' && text === value ? error.message : undefined
      this.fail(name, `${why ?? (reader.secret === true ? 'is not right' : `is ${JSON.stringify(value)}`)}; it takes ${reader.accepts}`)
    }
  }

  #resolve (name: string, text: string): string | undefined {
    try {
      return insertVariables(text, this.#variables)
    } catch (error) {
      this.fail(name, `refers to ${error instanceof Error ? error.message : ''}, which is not set`)
    }
  }

  #pathOf (name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }
}
