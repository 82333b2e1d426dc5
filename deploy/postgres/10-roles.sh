#!/usr/bin/env bash
# Roles with least privilege and two databases: Airflow's metadata, and what BI reads.
# The image runs this once, on an empty data directory. Needs AIRFLOW_DB_PASSWORD,
# KAM_PUBLISHER_PASSWORD and KAM_BI_PASSWORD.
set -euo pipefail

# psql reads the passwords from its own environment: command lines are visible to others.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv airflow_password AIRFLOW_DB_PASSWORD
\getenv bi_password KAM_BI_PASSWORD

create role airflow login password :'airflow_password';
create database airflow owner airflow;
create database kam;
revoke all on database airflow, postgres, template1 from public;

\connect kam
\i /docker-entrypoint-initdb.d/serving.psql

create role kam_bi login password :'bi_password' connection limit 50 in role kam_reader;
alter role kam_bi set default_transaction_read_only = on;
alter role kam_bi set statement_timeout = '5min';
SQL
