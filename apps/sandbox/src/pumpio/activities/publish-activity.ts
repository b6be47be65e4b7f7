import type { FastifyRequest } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import type { Inbox } from '../../kit/inbox.ts'
import { showActivity } from '../api/show.ts'
import type { Activity } from '../store/model.ts'
import { PROVIDER } from '../store/users.ts'
import type { AcceptActivity, Post } from './accept-activity.ts'

/** Accepts an activity, and adds it to the sandbox's inbox for each receiver. */
export type PublishActivity = (post: Post, request: FastifyRequest) => Activity

// The other verbs (likes, updates, follows) appear only in pump.io's own inbox.
const NEWS = new Set(['post', 'create', 'share', 'checkin'])

export interface PublishServices {
  accept: AcceptActivity
  activities: Map<string, Activity>
  inbox: Inbox
}

export function createPublishActivity ({ accept, activities, inbox }: PublishServices): PublishActivity {
  return (post, request) => {
    const { activity, receivers } = accept(post)
    activities.set(activity.uuid, activity)
    if (!NEWS.has(activity.verb)) return activity
    const record = recordRequest(request)
    for (const viewer of receivers) {
      inbox.add(PROVIDER, viewer.account, record, showActivity(activity, { viewer, origin: activity.origin }))
    }
    return activity
  }
}
