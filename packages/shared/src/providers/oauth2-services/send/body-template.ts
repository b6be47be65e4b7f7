import { isObject } from '@carillon/http'
import { compileTemplate, isDynamic } from './template.ts'
import type { TemplateValues } from './template.ts'

export type BodyType = 'json' | 'form' | 'text'

export interface BodyTemplate {
  readonly names: readonly string[]
  readonly contentType: string
  render: (values: TemplateValues) => string
}

/** Compiles the body of a request. The texts of `body` are templates. Throws Error for an invalid one. */
export function compileBody (type: BodyType, body: unknown): BodyTemplate {
  const names: string[] = []
  const render = compile(body)
  if (type === 'text' && typeof body !== 'string') throw new Error('takes a text')
  if (type === 'form' && (!isObject(body) || Object.values(body).some((value) => typeof value === 'object'))) {
    throw new Error('takes an object of texts')
  }
  return {
    names,
    contentType: contentTypes[type],
    render (values) {
      const rendered = render(values)
      if (type === 'json') return JSON.stringify(rendered ?? {})
      if (type === 'text') return String(rendered ?? '')
      const fields = isObject(rendered) ? Object.entries(rendered).map(([name, value]) => [name, String(value)]) : []
      return new URLSearchParams(Object.fromEntries(fields)).toString()
    }
  }

  /** A text that is made of values and turns out empty is left out, so that a message without a title has no empty title. */
  function compile (part: unknown): (values: TemplateValues) => unknown {
    if (typeof part === 'string') {
      if (!isDynamic(part)) return () => part
      const template = compileTemplate(part)
      names.push(...template.names)
      return (values) => template.render(values) || undefined
    }
    if (Array.isArray(part)) {
      const items = part.map(compile)
      return (values) => items.map((item) => item(values)).filter((item) => item !== undefined)
    }
    if (!isObject(part)) return () => part
    const members = Object.entries(part).map(([name, value]) => [name, compile(value)] as const)
    return (values) => {
      const rendered = members.map(([name, member]) => [name, member(values)])
      return Object.fromEntries(rendered.filter(([, value]) => value !== undefined))
    }
  }
}

const contentTypes: Record<BodyType, string> = {
  json: 'application/json', form: 'application/x-www-form-urlencoded', text: 'text/plain; charset=utf-8'
}
