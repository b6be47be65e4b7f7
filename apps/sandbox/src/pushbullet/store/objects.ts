/** A text message that the user's phone should send. */
export interface Text {
  data: {
    target_device_iden: string
    addresses: string[]
    message?: string
    guid?: string
    status?: string
    file_type?: string
  }
  file_url?: string
  skip_delete_file?: boolean
}

/** A push without `iden`, `active`, `created` and `modified`. */
export interface Push {
  type: string
  direction: 'self' | 'outgoing' | 'incoming'
  dismissed?: boolean
  guid?: string
  sender_iden?: string
  sender_email?: string
  sender_email_normalized?: string
  sender_name?: string
  receiver_iden?: string
  receiver_email?: string
  receiver_email_normalized?: string
  target_device_iden?: string
  source_device_iden?: string
  client_iden?: string
  channel_iden?: string
  title?: string
  body?: string
  url?: string
  file_name?: string
  file_type?: string
  file_url?: string
  image_url?: string
}

export interface Device {
  nickname?: string
  generated_nickname?: string
  model?: string
  manufacturer?: string
  push_token?: string
  app_version?: number
  icon?: string
  has_sms?: boolean
  fingerprint?: string
  key_fingerprint?: string
}

export interface Chat {
  muted?: boolean
  with: { type: 'user' | 'email', iden?: string, name: string, email: string, email_normalized: string }
}

export interface Subscription {
  muted?: boolean
  channel: { iden: string, tag: string, name: string, description?: string, image_url?: string, website_url?: string }
}

export interface Channel {
  tag: string
  name: string
  description?: string
  image_url?: string
  website_url?: string
}
