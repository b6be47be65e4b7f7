import type { Message } from '../message.ts'

export type Level = NonNullable<Message['level']>

export const levels: readonly Level[] = ['info', 'success', 'warning', 'error']

/** The appearance of a notification on a stream. */
export interface StreamStyle {
  /** `#rrggbb`. */
  color: string
  tags: string[]
}

export interface StreamStyleConfig {
  /** `#rrggbb` for each level. Levels without an entry keep the default. */
  colors?: Partial<Record<Level, string>> | undefined
  /** The tags of every notification, after its level. */
  tags?: readonly string[] | undefined
}

const defaultColors: Record<Level, string> = { info: '#3b82f6', success: '#22c55e', warning: '#f59e0b', error: '#ef4444' }

/**
 * Creates the function that styles messages for a stream, which has a color and up to six tags. The color is the level's
 * (default: `info`). The tags are the level, the configured ones, and the hashtags of title and body, in this order. Throws
 * TypeError for a color or tag that Blot're would refuse.
 */
export function createStreamStyle ({ colors = {}, tags = [] }: StreamStyleConfig): (message: Message) => StreamStyle {
  const palette = { ...defaultColors, ...colors }
  for (const color of Object.values(palette)) {
    if (!/^#[0-9a-f]{6}$/i.test(color)) throw new TypeError(`'${color}' is no color of the form #rrggbb`)
  }
  for (const tag of tags) {
    if (!isTag(tag)) throw new TypeError(`'${tag}' is no tag: 1 to 32 letters, digits, _, - or $, and not a color`)
  }
  return ({ level = 'info', title = '', body = '' }) => {
    const all = [level, ...tags, ...hashtags(`${title} ${body}`)].map((tag) => tag.toLowerCase())
    return { color: palette[level], tags: [...new Set(all)].slice(0, maxTags) }
  }
}

const maxTags = 6

/** Blot're only accepts ASCII. A hashtag with other letters is omitted, because its ASCII part is another word. */
function hashtags (text: string): string[] {
  return [...text.matchAll(hashtag)].map(([, tag = '']) => tag.normalize('NFC')).filter(isTag)
}

/** A word in any script: letters with their marks, digits, joiners and connecting punctuation. */
const hashtag = /(?<!\S)#([\p{L}\p{M}\p{N}\p{Pc}\p{Join_Control}$\u00B7\u30FB-]+)/gu

/** Six hexadecimal digits would be a color. */
export function isTag (text: string): boolean {
  return /^[\w$-]{1,32}$/.test(text) && !/^[0-9a-f]{6}$/i.test(text)
}
