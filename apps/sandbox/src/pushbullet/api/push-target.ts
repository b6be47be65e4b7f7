import type { UserStore } from '../../kit/user-store.ts'
import { invalidParam } from '../http/pushbullet-error.ts'
import { readText } from '../http/read-fields.ts'
import type { Fields } from '../http/read-fields.ts'
import type { Entry } from '../store/collection.ts'
import type { Push } from '../store/objects.ts'
import type { User } from '../store/user.ts'
import type { Channels } from './channels.ts'

/** A push without its sender and receiver. */
export type Content = Pick<Push, 'type'> & Partial<Push>

/** A push in one account's list. `isSeen` is false where it is only listed as sent. */
export interface Delivery {
  user: User
  push: Push & Entry
  isSeen: boolean
}

/** Reads the target. Without one, the push goes to all devices of the sender. The response is the first delivery. */
export function findTarget (
  sender: User, fields: Fields, users: UserStore<User>, channels: Channels
): (content: Content) => Delivery[] {
  const device = readText(fields, 'device_iden')
  if (device !== undefined) {
    if (sender.devices.get(device) === undefined) throw invalidParam('device_iden')
    return (content) => [toSelf(sender, { ...content, target_device_iden: device })]
  }
  const email = readText(fields, 'email')
  if (email !== undefined) {
    if (!/^[^\s@]+@[^\s@]+$/.test(email.trim())) throw invalidParam('email')
    return (content) => toEmail(sender, email.trim(), users.byId(email.trim().toLowerCase()), content)
  }
  const tag = readText(fields, 'channel_tag')
  if (tag !== undefined) {
    const found = channels.byTag(tag)
    if (found?.owner !== sender) throw invalidParam('channel_tag')
    const { iden } = found.channel
    return (content) => toChannel(sender, iden, channels.subscribers(iden), content)
  }
  // Only the owner of a client may push to its users, and no account here owns one.
  if (readText(fields, 'client_iden') !== undefined) throw invalidParam('client_iden')
  return (content) => [toSelf(sender, content)]
}

function toSelf (user: User, content: Content): Delivery {
  const push = user.pushes.create({ ...content, direction: 'self', ...senderIs(user), ...receiverIs(user) })
  return { user, push, isSeen: true }
}

function toEmail (sender: User, email: string, receiver: User | undefined, content: Content): Delivery[] {
  if (receiver === sender) return [toSelf(sender, content)]
  const to = receiver === undefined
    ? { receiver_email: email, receiver_email_normalized: email.toLowerCase() }
    : receiverIs(receiver)
  const both = { ...content, ...senderIs(sender), ...to }
  const sent = sender.pushes.create({ ...both, direction: 'outgoing' })
  // A receiver without an account gets an e-mail, which only the sender's screen can show.
  if (receiver === undefined) return [{ user: sender, push: sent, isSeen: true }]
  return [
    { user: sender, push: sent, isSeen: false },
    { user: receiver, push: receiver.pushes.create({ ...both, direction: 'incoming' }), isSeen: true }
  ]
}

function toChannel (sender: User, channelIden: string, subscribers: User[], content: Content): Delivery[] {
  const toAll = { ...content, channel_iden: channelIden }
  return [
    { user: sender, push: sender.pushes.create({ ...toAll, direction: 'outgoing', ...senderIs(sender) }), isSeen: false },
    ...subscribers.map((user) => ({
      user,
      push: user.pushes.create({ ...toAll, direction: 'incoming' as const, ...receiverIs(user) }),
      isSeen: true
    }))
  ]
}

function senderIs (user: User): Partial<Push> {
  return {
    sender_iden: user.iden,
    sender_email: user.email,
    sender_email_normalized: user.emailNormalized,
    sender_name: user.name
  }
}

function receiverIs (user: User): Partial<Push> {
  return { receiver_iden: user.iden, receiver_email: user.email, receiver_email_normalized: user.emailNormalized }
}
