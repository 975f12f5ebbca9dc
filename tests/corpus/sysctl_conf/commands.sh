#!/bin/sh
sysctl -w net.core.somaxconn=4096
sudo sysctl -w net.ipv4.tcp_rmem="4096 131072 16777216"
/sbin/sysctl -q -w 'net.ipv4.ip_local_port_range=10240 65535'
sysctl -w vm/swappiness=10;
ulimit -n 65536
