import type { FastifyInstance } from 'fastify'
import type { FaultRule } from '../kit/faults/faults.ts'
import type { Simulator } from '../kit/simulator.ts'
import { simulatorOf } from './control-context.ts'
import type { ControlContext } from './control-context.ts'
import { ControlError } from './control-error.ts'

const faultRule = {
  type: 'object',
  properties: {
    provider: { type: 'string' },
    match: { type: 'string', minLength: 1 },
    fault: { type: 'string' },
    status: { type: 'integer', minimum: 200, maximum: 599 },
    headers: {
      type: 'object',
      // Checked here, since a line break in a header value would fail only at the request that the fault applies to.
      propertyNames: { pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
      additionalProperties: {
        anyOf: [{ type: 'string', pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$' }, { type: 'number' }, { type: 'null' }]
      }
    },
    body: {},
    rewrite: {
      type: 'object',
      properties: {
        status: { type: 'integer', minimum: 200, maximum: 599 },
        members: { type: 'object' },
        without: { type: 'array', items: { type: 'string' } },
        asForm: { type: 'boolean' },
        bom: { type: 'boolean' },
        encoding: { enum: ['gzip', 'deflate', 'br'] }
      },
      minProperties: 1,
      additionalProperties: false
    },
    delayMs: { type: 'number', minimum: 0, maximum: 3_600_000 },
    reset: { enum: ['before', 'after'] },
    probability: { type: 'number', minimum: 0, maximum: 1 },
    times: { type: 'integer', minimum: 1 }
  },
  required: ['provider'],
  additionalProperties: false
}

/** The body of a fault may exceed what a client accepts. */
const MAX_FAULT_BYTES = 4 * 1024 * 1024

export function faultRoutes (app: FastifyInstance, { faults, simulators }: ControlContext): void {
  app.post<{ Body: FaultRule }>('/faults', { bodyLimit: MAX_FAULT_BYTES, schema: { body: faultRule } }, async (request, reply) => {
    const rule = request.body
    assertConsistent(rule, simulatorOf(simulators, rule.provider))
    return reply.code(201).send(faults.add(rule))
  })

  app.get('/faults', async () => ({ data: faults.list() }))

  app.delete<{ Querystring: { provider?: string } }>('/faults', async (request) => {
    const { provider } = request.query
    if (provider !== undefined) simulatorOf(simulators, provider)
    return { removed: faults.clear(provider) }
  })
}

function assertConsistent (rule: FaultRule, { namedFaults = {} }: Simulator): void {
  const { fault, status, headers, body, rewrite, delayMs, reset } = rule
  if ([fault, status, headers, body, rewrite, delayMs, reset].every((member) => member === undefined)) {
    throw new ControlError('a fault needs at least one of fault, status, headers, body, rewrite, delayMs, reset')
  }
  if (reset !== undefined && [fault, status, headers, body].some((member) => member !== undefined)) {
    throw new ControlError('reset: a connection that is reset has no response; leave out fault, status, headers and body')
  }
  if (rewrite !== undefined && [fault, status, body, reset].some((member) => member !== undefined)) {
    throw new ControlError("rewrite: it changes the service's response; leave out fault, status, body and reset")
  }
  if (fault !== undefined && !Object.hasOwn(namedFaults, fault)) {
    throw new ControlError(`fault: got "${fault}", expected one of ${Object.keys(namedFaults).join(', ') || 'none'}`)
  }
  if (fault !== undefined && body !== undefined) {
    throw new ControlError('fault: a named fault has its own body; leave out body')
  }
}
