#!/bin/sh
# Writes .env for docker-compose.yml: secrets of 256 random bits, for the owner's eyes only. An .env that exists is never
# touched. Needs nothing but a shell, since a machine that only runs containers has no Node.
set -eu
cd "$(dirname "$0")/.."

secret() {
  head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'
}

content="# Made by scripts/make-env.sh; docs/operating.md tells how to change a secret later.
POSTGRES_PASSWORD=$(secret)
RABBITMQ_USER=tallyhouse
RABBITMQ_PASSWORD=$(secret)
JWT_SECRET=$(secret)
ADMIN_USERNAME=admin
ADMIN_PASSWORD=$(secret)
METRICS_TOKEN=$(secret)"

umask 077
# noclobber opens with O_EXCL: of two that run at once, one wins and the other says so.
set -C
if ! { printf '%s\n' "$content" >.env; } 2>/dev/null; then
  echo '.env is there already, or cannot be written here; nothing was changed.' >&2
  exit 1
fi
echo 'Wrote .env. The first admin is "admin", with the ADMIN_PASSWORD in it.'
