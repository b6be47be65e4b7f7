/** The scopes of an API key. Each route requires one scope. `admin` manages keys and implies no other. */
export const scopes = [
  'users:write',
  'teams:write',
  'connections:read',
  'connections:write',
  'connections:import',
  'connections:proxy',
  'notifications:read',
  'notifications:write',
  'notifications:broadcast',
  'endpoints:write',
  'admin'
] as const

export type Scope = typeof scopes[number]
