#!/bin/sh
# Brings Temporal's two databases up to the schema of this image's version. Runs at each start; what is there stays.
set -eu
for database in temporal:temporal temporal_visibility:visibility; do
  export SQL_DATABASE="${database%%:*}"
  temporal-sql-tool create
  temporal-sql-tool setup-schema -v 0.0
  temporal-sql-tool update-schema -d "/etc/temporal/schema/mysql/v8/${database##*:}/versioned"
done
