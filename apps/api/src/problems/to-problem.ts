import type { FastifyError, FastifySchemaValidationError } from 'fastify'
import { isStoreUnavailable } from '@carillon/shared/db'
import { ProviderError } from '@carillon/shared/providers'
import { TransportError } from '@carillon/shared/http'
import { truncate } from '@carillon/shared/text'
import { Problem, refuseFaults } from './problem.ts'
import type { InputFault } from './problem.ts'

/** A PostgreSQL that restarts is back within seconds. */
const retryAfterSeconds = 5

/** What a thrown thing is to the caller. Of what is our own fault, nothing is told. */
export function toProblem (error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!isFastifyError(error)) return isOfStores(error) ? unavailable() : internal()
  if (error.validation !== undefined) return fromValidation(error.validation)
  const known = byCode.get(error.code)
  if (known !== undefined) return known()
  const status = error.statusCode ?? 500
  return status >= 400 && status < 500 ? new Problem('badRequest', 'The request cannot be understood') : internal()
}

const byCode = new Map<string, () => Problem>([
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', () => new Problem('unsupportedMediaType', 'Send application/json')],
  ['FST_ERR_CTP_BODY_TOO_LARGE', () => new Problem('bodyTooLarge', 'The body is larger than this call takes')],
  ['FST_ERR_MAX_PARAM_LENGTH', () => new Problem('pathTooLong', 'A segment of the path is longer than 510 characters')],
  ['FST_ERR_CTP_INVALID_JSON_BODY', () => new Problem('malformedJson', 'The body does not parse as JSON')],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', () => new Problem('malformedJson', 'The body is empty')]
])

/** A provider that cannot be reached has errors of the same codes, and is a problem of its own. */
function isOfStores (error: unknown): boolean {
  return !(error instanceof ProviderError || error instanceof TransportError) && isStoreUnavailable(error)
}

function unavailable (): Problem {
  const detail = 'The database does not respond, has no disk space or connections left, or is read-only. Try again after Retry-After'
  return new Problem('unavailable', detail, { headers: { 'retry-after': String(retryAfterSeconds) } })
}

function internal (): Problem {
  return new Problem('internal', 'The request failed, and it has been logged under its id')
}

function isFastifyError (error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' &&
    (error.code.startsWith('FST_') || 'validation' in error)
}

function fromValidation (found: FastifySchemaValidationError[]): Problem {
  try {
    refuseFaults(found.map(toFault))
  } catch (error) {
    if (error instanceof Problem) return error
  }
  return internal()
}

/** What Ajv has found, as this API tells it. */
export function toFaults (found: Array<Omit<FastifySchemaValidationError, 'params'> & { params: object }>): InputFault[] {
  return found.map((one) => toFault({ ...one, params: { ...one.params } }))
}

/** Ajv points at the object that has the fault; we point at the field. */
function toFault ({ keyword, instancePath, params, message }: FastifySchemaValidationError): InputFault {
  const path = instancePath.split('/').slice(1).map(unescapePointer)
  if (keyword === 'required') return fault([...path, params['missingProperty']], 'is required')
  if (keyword === 'additionalProperties') return fault([...path, params['additionalProperty']], 'is not a field of this call')
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    return fault(path, `must be one of ${params['allowedValues'].join(', ')}`)
  }
  if (keyword === 'const') return fault(path, `must be ${JSON.stringify(params['allowedValue'])}`)
  if (keyword === 'pattern' && params['pattern'] === '\\S') return fault(path, 'must not be blank')
  if (keyword === 'pattern') return fault(path, 'does not have the format of this field')
  if (keyword === 'format' && params['format'] === 'date-time') return fault(path, 'must be a date and time such as 2026-12-24T18:00:00Z')
  if (keyword === 'minProperties' || keyword === 'maxProperties') return fault(path, `must have exactly ${String(params['limit'])} of its fields`)
  if (keyword === 'type' && params['type'] === 'integer') return fault(path, 'must be an integer')
  return fault(path, message?.replace('must NOT', 'must not') ?? 'is not valid')
}

function fault (path: unknown[], message: string): InputFault {
  return { path: truncate(path.join('.'), 200), message }
}

/** RFC 6901 §4. */
function unescapePointer (part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
