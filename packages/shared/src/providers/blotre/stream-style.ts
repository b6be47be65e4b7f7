import type { Message } from '../message.ts'

export type Level = NonNullable<Message['level']>

export const levels: readonly Level[] = ['info', 'success', 'warning', 'error']

/** What a notification makes of a stream. */
export interface StreamStyle {
  /** `#rrggbb`. */
  color: string
  tags: string[]
}

export interface StreamStyleConfig {
  /** `#rrggbb` for each level; those left out keep their own. */
  colors?: Partial<Record<Level, string>> | undefined
  /** On every notification, after its level. */
  tags?: readonly string[] | undefined
}

const defaultColors: Record<Level, string> = { info: '#3b82f6', success: '#22c55e', warning: '#f59e0b', error: '#ef4444' }

/**
 * Says how messages look on a stream, which has a colour and at most six tags: the colour of the level (`info` unless it
 * has one), and as tags the level, the configured ones, and the hashtags of title and body, first come first kept. Throws
 * TypeError for a colour or tag that Blot're would not take.
 */
export function createStreamStyle ({ colors = {}, tags = [] }: StreamStyleConfig): (message: Message) => StreamStyle {
  const palette = { ...defaultColors, ...colors }
  for (const color of Object.values(palette)) {
    if (!/^#[0-9a-f]{6}$/i.test(color)) throw new TypeError(`'${color}' is no colour of the form #rrggbb`)
  }
  for (const tag of tags) {
    if (!isTag(tag)) throw new TypeError(`'${tag}' is no tag: 1 to 32 letters, digits, _, - or $, and not a colour`)
  }
  return ({ level = 'info', title = '', body = '' }) => {
    const all = [level, ...tags, ...hashtags(`${title} ${body}`)].map((tag) => tag.toLowerCase())
    return { color: palette[level], tags: [...new Set(all)].slice(0, maxTags) }
  }
}

const maxTags = 6

/** Blot're takes ASCII alone. A hashtag with other letters is left out as a whole: the part before them is another word. */
function hashtags (text: string): string[] {
  return [...text.matchAll(hashtag)].map(([, tag = '']) => tag.normalize('NFC')).filter(isTag)
}

/** A word in any script: letters with their marks, digits, joiners and connecting punctuation. */
const hashtag = /(?<!\S)#([\p{L}\p{M}\p{N}\p{Pc}\p{Join_Control}$\u00B7\u30FB-]+)/gu

/** Six hexadecimal digits would be a colour. */
export function isTag (text: string): boolean {
  return /^[\w$-]{1,32}$/.test(text) && !/^[0-9a-f]{6}$/i.test(text)
}
