#!/usr/bin/env bash
# Two clients become one, and a person is erased: in every part of the platform.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

clients=/api/v1/clients/clients
post() { call POST "$@"; }

sign_up "$(unique merge)"
office=$token
post $clients "$office" '{"name": "Riverside High", "email": "trips@riverside.example"}'
kept=$(json .id)
post $clients "$office" '{"name": "Riverside HS", "email": "office@riverside.example",
  "phone": "+12125550123", "external_id": "HS-1001"}'
other=$(json .id)

body="{\"other_id\": \"$other\", \"dry_run\": true}"
post "$clients/$kept/merge" "$office" "$body"
expect "$status $(json .client.phone)" '200 +12125550123' 'a dry run says what would be'
call GET "$clients/$other" "$office"
expect_status 200 'and changes nothing'
post "$clients/$kept/merge" "$office" "{\"other_id\": \"$other\"}"
expect "$status $(json .client.external_id)" '200 HS-1001' 'two clients become one'
call GET "$clients/$other" "$office"
expect "$status $(json .code) $(json .merged_into)" "404 client_merged $kept" \
  'the other one says where it lives on'
call GET "$clients?q=office%40riverside" "$office"
expect_field '.data[0].id' "$kept" 'which is found by what was its e-mail'
post "$clients/$kept/merge" "$office" "{\"other_id\": \"$other\"}"
expect "$status $(json .code)" '422 client_unknown' 'twice is not merged'

sign_up "$(unique rival)"
post "$clients/$kept/erase" "$token" \
  '{"reason": "asked_by_person", "confirm_name": "Riverside High"}'
expect_status 404 'another business erases nobody of ours'

if needs DATABASE_URL 'a word in every table'; then run_lib canary.ts; fi

verify
finish
