#!/usr/bin/env bash
# The demo data, by the sample calls of the founding documents.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

call POST /api/v1/auth/login '' '{"email":"admin@example.com","password":"admin123"}'
expect_status 200 'the sample log-in of the founding documents'
token=$(json .access_token)
call GET /api/v1/charters/charters "$token"
expect_status 200 'and their sample list'

for state in inquiry quoted accepted confirmed in_progress completed canceled; do
  call GET "/api/v1/charters/charters?status=$state" "$token"
  expect_field '.data[0].status' "$state" "the demo has a charter that is $state"
done
call GET '/api/v1/charters/quotes?limit=200' "$token"
expect_status 200 'it has quotes'
call GET '/api/v1/payments/invoices?sort=issued_at' "$token"
expect_field '.data[0].status' open 'an invoice that waits for its balance'
expect_field '.data[1].status' paid 'and one that is paid'

verify
finish
