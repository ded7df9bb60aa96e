# In place of rabbitmq:4: Debian's package of 4.0.5.
FROM debian:trixie-slim
RUN apt-get update -qq \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    rabbitmq-server >/dev/null \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /etc/rabbitmq/conf.d \
  && echo 'loopback_users = none' >/etc/rabbitmq/conf.d/10-defaults.conf \
  && chmod 1777 /var/lib/rabbitmq /var/log/rabbitmq
# Debian's wrappers in the path insist on becoming the user that we are.
ENV PATH=/usr/lib/rabbitmq/bin:$PATH HOME=/var/lib/rabbitmq
EXPOSE 5672
USER rabbitmq
CMD ["rabbitmq-server"]
