import { randomBytes } from 'node:crypto'

/** 22 characters, for keys, tokens, verifiers and object ids. */
export const randomKey = (): string => randomBytes(16).toString('base64url')

/** 43 characters. */
export const randomSecret = (): string => randomBytes(32).toString('base64url')
