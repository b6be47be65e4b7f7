import type { Audience } from '@carillon/shared/notifications'

export const maxFileBytes = 8 * 1024 * 1024
export const maxActions = 5

/** The body of a request for a notification, as its schema lets it pass. */
export interface NotificationInput {
  audience: Audience
  message: MessageInput
  providers?: string[]
  sendAt?: string
  expiresAt?: string
  spreadOver?: number
  onUnknown?: 'resend' | 'hold'
  data?: object
}

export interface MessageInput {
  type: 'note' | 'link' | 'file'
  title?: string
  body?: string
  url?: string
  file?: FileInput
  level?: 'info' | 'success' | 'warning' | 'error'
  image?: string
  actions?: Array<{ title: string, url: string }>
  urgency?: 'low' | 'normal' | 'high' | 'critical'
  collapseKey?: string
}

export interface FileInput {
  name: string
  type: string
  url?: string
  data?: string
}
