#!/bin/bash
# Runs once, when the volume is empty: one database and one user for each of the two that store anything here.
# Neither may see the other's: Temporal's tables are Temporal's alone.
set -eu
MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql -u root <<SQL
CREATE DATABASE coordinator CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE USER coordinator@'%' IDENTIFIED BY '$COORDINATOR_DB_PASSWORD';
GRANT ALL ON coordinator.* TO coordinator@'%';
CREATE USER temporal@'%' IDENTIFIED BY '$TEMPORAL_DB_PASSWORD';
GRANT ALL ON temporal.* TO temporal@'%';
GRANT ALL ON temporal_visibility.* TO temporal@'%';
SQL
