# In place of kong:3.9.3: the embedded gateway, which is told what Kong would be told.
ARG ROUNDHOUSE=roundhouse:local
FROM $ROUNDHOUSE
COPY --chmod=755 kong /usr/local/bin/kong
EXPOSE 8000
STOPSIGNAL SIGQUIT
ENTRYPOINT ["kong"]
CMD ["docker-start"]
