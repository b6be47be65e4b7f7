import { randomBytes } from 'node:crypto'

/** 22 characters: keys, tokens, verifiers and the last part of object ids. */
export const randomKey = (): string => randomBytes(16).toString('base64url')

/** 43 characters. */
export const randomSecret = (): string => randomBytes(32).toString('base64url')
