FROM birl:alpine
COPY parent.toml /etc/birl/conf.d/10-application.toml
COPY parent_init.sh /etc/birl/init.d/10-hello.sh
