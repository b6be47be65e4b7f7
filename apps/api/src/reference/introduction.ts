import { exampleProvider } from '@carillon/shared/providers'
import { costs } from '../rate-limits/costs.ts'

/** The first page of the contract, in Markdown. */
export const introduction = `Carillon connects the accounts of your users at other services, and sends notifications to them.

## Authentication

Send \`Authorization: Bearer …\` with one of two credentials. Your backend uses an **API key** (\`ck_…\`), which may do what its scopes allow.
A browser uses a **user token** from \`POST /v1/user-tokens\`, which may only read and change the connections of its user. Each call names the
scope that it requires.

## Your first notification

1. \`POST /v1/user-tokens\` with \`{"userId": "alice"}\` returns a \`connectUrl\`. Alice connects an account there.
2. \`POST /v1/notifications\` with \`{"audience": {"userIds": ["alice"]}, "message": {"type": "note", "title": "Hello"}}\` sends a notification.
3. \`GET /v1/notifications/{id}/deliveries\` says what happened to it.

## Ids and times

Users and teams have your own ids. Other ids have a prefix, such as \`con_\` and \`ntf_\`. Providers have short names, such as
\`${exampleProvider}\`. Times are RFC 3339 in UTC.

## Requests

Bodies are JSON in UTF-8. Unknown fields are refused, so a misspelled field never has no effect.

## Lists

A list is \`{data, nextCursor}\`. Send \`nextCursor\` as \`cursor\` to get the next page. The last page has a \`nextCursor\` of null. \`limit\` is 50 by
default and at most 200.

## Errors

Every error is a problem (RFC 9457) of the type \`application/problem+json\`. Compare its \`code\`, show its \`detail\` to developers, and open its
\`type\` for the cause and what to do. \`requestId\` is also in the log. If a response has \`Retry-After\`, try again after that many
seconds.

## Request ids

Every response has an \`X-Request-Id\`. Send your own, of up to 128 letters, digits and \`. _ - : @ / + = ~\`, and Carillon uses it: in its response,
in the problem, and in the lines of its logs that stem from the request.

## Rate limits

Each API key and each user has a limit of cost per minute. A read costs ${costs.read}, a change ${costs.change}, a batch, an import or an export ${costs.bulk}, and a request that
makes requests to a provider ${costs.outgoing}. Responses contain \`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` (in seconds). Beyond the
limit, the response is a 429 \`rateLimited\` with \`Retry-After\`.

## Versions

The path contains the version. Within a version, responses may get new fields, and requests may accept new ones.`
