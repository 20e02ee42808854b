FROM birl-test-parent
COPY child.toml /etc/birl/conf.d/20-child.toml
COPY child_init.sh /etc/birl/init.d/10-hello.sh
COPY child_second_init.sh /etc/birl/init.d/20-more.sh
COPY child_finish.sh /etc/birl/finish.d/10-bye.sh
