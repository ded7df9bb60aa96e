# One image for every part that is ours: services, gateway, migrations, keys, emulators, verdict.
# What a container does is its command. Node runs the TypeScript as it stands: nothing is compiled.

# The lists of packages alone, so that a change of the sources installs nothing anew.
FROM node:26-trixie-slim AS lists
WORKDIR /sources
COPY . .
RUN mkdir /lists \
  && find . -name package.json -exec cp --parents --target-directory=/lists {} + \
  && cp package-lock.json .npmrc /lists

# Without the optional ones: Node stands in the image, and Postgres in another.
FROM node:26-trixie-slim AS packages
WORKDIR /roundhouse
COPY --from=lists /lists .
RUN --mount=type=cache,target=/root/.npm \
  npm ci --omit=dev --omit=optional --ignore-scripts --loglevel=error

FROM node:26-trixie-slim
ARG BUILD_REVISION=unknown
LABEL org.opencontainers.image.title="Roundhouse" \
  org.opencontainers.image.description="The back office of a service business" \
  org.opencontainers.image.revision="$BUILD_REVISION"
RUN rm -rf /usr/local/lib/node_modules /usr/local/include /opt/yarn* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* \
  # A volume takes its owner from the folder that it is first mounted on.
  && install --directory --owner=node --group=node --mode=0700 /keys /stripe \
  && install --directory --owner=node --group=node --mode=0755 /kong /dashboards
WORKDIR /roundhouse
COPY --link --from=packages /roundhouse .
COPY --link . .
USER 1000:1000
# Memory: as the launcher of the embedded platform has it, and for the same reasons.
ENV BUILD_REVISION=$BUILD_REVISION \
  HOST=0.0.0.0 \
  MALLOC_ARENA_MAX=1 \
  NODE_ENV=production \
  NODE_OPTIONS="--max-semi-space-size=16 --max-old-space-size=256 --disable-warning=ExperimentalWarning"
ENTRYPOINT ["node"]
