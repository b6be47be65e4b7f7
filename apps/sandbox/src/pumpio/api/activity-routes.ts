import type { FastifyInstance, FastifyRequest } from 'fastify'
import { maySee } from '../activities/activity.ts'
import { fieldsOf } from '../http/fields.ts'
import { HttpError } from '../http/http-error.ts'
import type { Authenticate } from '../oauth/authenticate.ts'
import type { Activity, User } from '../store/model.ts'
import { originOf } from './discovery.ts'
import { showActivity } from './show.ts'

type Address = { Params: { uuid: string } }

/** The routes of a single activity. */
export function activityRoutes (app: FastifyInstance, authenticate: Authenticate, activities: Map<string, Activity>): void {
  app.get<Address>('/api/activity/:uuid', async (request) => {
    const viewer = authenticate.publicReader(request)
    const activity = find(request)
    if (!maySee(activity, viewer)) throw new HttpError(403, 'Only the actor and recipients can view this activity.')
    return showActivity(activity, { viewer, origin: originOf(request) })
  })

  app.put<Address>('/api/activity/:uuid', async (request) => {
    const { activity, user } = findOwned(request)
    const { content, title } = fieldsOf(request.body)
    if (typeof content === 'string') activity.content = content
    if (title !== undefined) activity.fields['title'] = title
    return showActivity(activity, { viewer: user, origin: originOf(request) })
  })

  app.delete<Address>('/api/activity/:uuid', async (request, reply) => {
    const { activity } = findOwned(request)
    activity.deleted = activity.updated
    return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify('Deleted'))
  })

  function findOwned (request: FastifyRequest<Address>): { activity: Activity, user: User } {
    const { user } = authenticate.writer(request)
    const activity = find(request)
    if (activity.actor !== user) throw new HttpError(403, 'Only the actor can modify this object.')
    return { activity, user }
  }

  function find ({ params: { uuid } }: FastifyRequest<Address>): Activity {
    const activity = activities.get(uuid)
    if (activity === undefined) throw new HttpError(404, `Can't find an activity with id ${uuid}`)
    if (activity.deleted !== undefined) throw new HttpError(410, 'Deleted')
    return activity
  }
}
