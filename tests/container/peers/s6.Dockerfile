# tini over s6, as s6-overlay arranges it: one s6-supervise a process, one s6-log a service.
FROM debian:bookworm-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends s6 tini
COPY service_run log_run /
RUN for name in one two; do \
      mkdir -p /services/$name/log /var/log/$name \
      && cp /service_run /services/$name/run && cp /log_run /services/$name/log/run; \
    done
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/bin/s6-svscan", "/services"]
