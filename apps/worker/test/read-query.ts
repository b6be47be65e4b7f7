import { parser } from '@prometheus-io/lezer-promql'

export interface Query {
  selectors: Selector[]
  /** The labels of `by`, `on` and `group_left`. */
  grouping: string[]
}

interface Selector {
  metric: string
  /** `value` is that of `=`. Other operators may match anything. */
  matchers: Array<{ label: string, value: string | undefined }>
}

/** The metrics and labels that a query in PromQL names. Undefined when it cannot be parsed. */
export function readQuery (expr: string): Query | undefined {
  const query: Query = { selectors: [], grouping: [] }
  let isReadable = true
  parser.parse(expr).iterate({
    enter: ({ name, from, to, node }) => {
      const text = expr.slice(from, to)
      if (name === '⚠') isReadable = false
      if (name === 'VectorSelector') {
        const metric = node.getChild('Identifier')
        query.selectors.push({ metric: metric === null ? '' : expr.slice(metric.from, metric.to), matchers: [] })
      }
      if (name === 'UnquotedLabelMatcher') {
        const [, label = '', operator, value] = /^(\w+)\s*(=~|!~|!=|=)\s*"(.*)"$/.exec(text) ?? []
        query.selectors.at(-1)?.matchers.push({ label, value: operator === '=' ? value : undefined })
      }
      if (name === 'GroupingLabels') query.grouping.push(...text.slice(1, -1).split(',').map((label) => label.trim()))
    }
  })
  return isReadable ? query : undefined
}
