# In place of node:26-trixie-slim: Node and npm as npm and the machine have them.
FROM debian:trixie-slim
COPY --link node /usr/local/bin/node
COPY --link npm /usr/local/lib/node_modules/npm
COPY --link ca.crt /etc/ssl/certs/ca-certificates.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
  && groupadd --gid 1000 node \
  && useradd --uid 1000 --gid node --create-home node
CMD ["node"]
