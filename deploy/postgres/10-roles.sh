#!/usr/bin/env bash
# Roles with least privilege and two databases: Airflow's metadata, and what BI reads.
# The image runs this once, on an empty data directory. Needs AIRFLOW_DB_PASSWORD,
# KAM_PUBLISHER_PASSWORD and KAM_BI_PASSWORD.
set -euo pipefail

# psql reads the passwords from its own environment: command lines are visible to others.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv airflow_password AIRFLOW_DB_PASSWORD
\getenv publisher_password KAM_PUBLISHER_PASSWORD
\getenv bi_password KAM_BI_PASSWORD

create role airflow login password :'airflow_password';
create role kam_publisher login password :'publisher_password';
create role kam_bi login password :'bi_password' connection limit 50;
alter role kam_bi set default_transaction_read_only = on;
alter role kam_bi set statement_timeout = '5min';

create database airflow owner airflow;
create database kam;
revoke all on database airflow, kam, postgres, template1 from public;
grant connect, temporary on database kam to kam_publisher;
grant connect on database kam to kam_bi;

\connect kam
revoke all on schema public from public;
create schema core authorization kam_publisher;
create schema kpi authorization kam_publisher;
create schema quality authorization kam_publisher;
grant usage on schema core, kpi, quality to kam_bi;
alter default privileges for role kam_publisher in schema core, kpi, quality
    grant select on tables to kam_bi;
SQL
