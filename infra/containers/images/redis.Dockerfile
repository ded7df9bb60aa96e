# In place of redis:8: Debian's package of 8.0.
FROM debian:trixie-slim
RUN apt-get update -qq \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    redis-server >/dev/null \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=redis --group=redis /data
WORKDIR /data
EXPOSE 6379
USER redis
CMD ["redis-server"]
