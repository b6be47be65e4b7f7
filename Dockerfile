# One image for the API, the worker and the migrations: the command says which.
# Pinned by digest, so that every build starts from what was tested.
FROM node:24-slim@sha256:cd84903a12dbd26b46f1f3b8144a2568c41c5d37ddd0c7a80a34c7a19786b35f

ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /app

# Only the workspaces that run in production; the simulators, the embedded PostgreSQL and the tests stay out.
COPY package.json package-lock.json LICENSE ./
COPY packages/http/package.json packages/http/
COPY packages/clients/package.json packages/clients/
COPY packages/shared/package.json packages/shared/
COPY apps/api/package.json apps/api/
COPY apps/worker/package.json apps/worker/
COPY apps/cli/package.json apps/cli/
RUN npm ci --omit=dev --workspace=packages/http --workspace=packages/clients --workspace=packages/shared --workspace=apps/api --workspace=apps/worker --workspace=apps/cli --no-audit --no-fund && npm cache clean --force

COPY packages/http/src packages/http/src
COPY packages/clients/src packages/clients/src
COPY packages/shared/src packages/shared/src
COPY packages/shared/migrations packages/shared/migrations
COPY apps/api/src apps/api/src
COPY apps/api/assets apps/api/assets
COPY apps/worker/src apps/worker/src
COPY apps/cli/src apps/cli/src

# Node 24 runs TypeScript by itself, so there is nothing to build. Nothing is written either: the root may be read-only.
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/api/src/main.ts"]
