#!/usr/bin/env bash
# The clients of a business, as its office keeps them: through the gateway alone.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

clients=/api/v1/clients/clients
below=/api/v1/clients
post() { call POST "$@"; }
get() { call GET "$1" "$office"; }

sign_up "$(unique fleet)"
office=$token

post $clients "$office" '{"name": "Riverside High School", "email": "trips@riverside.example",
  "phone": "+12125550123", "external_id": "HS-1001", "tags": ["School", "VIP"]}'
expect_status 201 'a school is entered'
school=$(json .id)
expect_field .kind company 'as a company'
expect_field .time_zone UTC 'in the time zone of the business'
post $clients "$office" '{"first_name": "Émile", "last_name": "Zola", "phone": "+442079460018"}'
expect "$(json .kind) $(json .name)" 'person Émile Zola' 'a person needs no name but its own'
person=$(json .id)

post $clients "$office" '{"name": "Again", "email": "TRIPS@riverside.example"}'
expect "$status $(json .code)" '409 client_duplicate' 'the same e-mail is a duplicate'
expect_field '.existing[0].id' "$school" 'of whom it says'
post $clients "$office" '{"name": "Again", "email": "trips@riverside.example",
  "allow_duplicate": true}'
expect_status 201 'which is entered where it is wanted'
again=$(json .id)
post $clients "$office" '{"name": "Other", "external_id": "HS-1001"}'
expect "$status $(json .code)" '409 external_id_taken' 'an external id names one client'
post $clients "$office" '{"name": "Other", "phone": "+10000000000"}'
expect_field '.errors[0].pointer' /phone 'a phone of no country is none'

key=$(unique key)
entered='{"name": "Lakeside", "email": "office@lakeside.example"}'
post $clients "$office" "$entered" --header "Idempotency-Key: $key"
lakeside=$(json .id)
post $clients "$office" "$entered" --header "Idempotency-Key: $key"
expect "$status $(json .id)" "201 $lakeside" 'a repeated request gets its answer, and no refusal'

# found QUERY IDS WHAT
found() {
  get "$clients?sort=name&$1"
  expect "$(json '.data[0].id') $(json '.data[1].id')" "$2" "$3"
}
found 'q=river' "$again $school" 'search by the beginning of an e-mail'
found 'q=riv%20hi' "$school " 'by the beginnings of two words'
found 'q=emile' "$person " 'without accents'
found 'q=%28212%29%20555-0123' "$school " 'by a phone as people type it'
found 'q=020%207946%200018' "$person " 'from its own country, too'
found 'q=hs-1001' "$school " 'by the external id'
found 'tag=vip' "$school " 'by tag'
found 'kind=person' "$person " 'by kind'
found 'has_email=false&q=zol' "$person " 'by what it lacks'
get "$clients?q=--"
expect_status 422 'a search for nothing is refused'

post "$clients/$school/contacts" "$office" '{"name": "Pat Principal", "roles": ["booking",
  "billing"], "email": "pat@riverside.example", "preferred_channel": "email"}'
expect_status 201 'the school has a contact'
pat=$(json .id)
expect_field .primary_for '["booking","billing"]' 'who is the primary one, as the first'
post "$clients/$school/contacts" "$office" '{"name": "Bea Books", "roles": ["billing"],
  "primary_for": ["billing"]}'
expect_status 201 'another one takes over the bills'
get "$below/contacts/$pat"
expect "$(json .primary_for) $(json .version)" '["booking"] 2' 'and the first one gave them up'
found 'q=pat%40river' "$school " 'a client is found by its contacts'
post "$clients/$person/contacts" "$office" '{"name": "Pat", "roles": ["passenger"],
  "email": "pat@riverside.example"}'
expect_field '.existing[0].id' "$school" "another client's contact is a duplicate"

post "$clients/$school/addresses" "$office" '{"lines": ["565 Warburton Ave"], "city": "Yonkers",
  "region": "NY", "postal_code": "10701", "country": "US", "latitude": 40.9476,
  "longitude": -73.8954, "time_zone": "America/New_York", "access_notes": "Gate 4711"}'
expect "$status $(json .has_access_notes)" '201 true' 'it has an address with a gate'
address=$(json .id)
expect_field .access_notes '' 'whose code is in no answer'
get "$below/addresses/$address"
expect_field .access_notes 'Gate 4711' 'but that of the address alone'
call PATCH "$below/addresses/$address" "$office" '{"latitude": null}'
expect_field '.errors[0].pointer' /latitude 'half a coordinate is no place'

post "$clients/$school/notes" "$office" '{"body": "Asks for a quiet driver."}'
expect_status 201 'a note is written'
get "$clients/$school/notes"
expect_field '.data[0].body' 'Asks for a quiet driver.' 'and read'

post "$below/custom-fields" "$office" '{"key": "grade", "label": "Grade", "type": "choice",
  "choices": ["gold", "silver"]}'
expect_status 201 'the business has a field of its own'
call PATCH "$clients/$school" "$office" '{"custom_fields": {"grade": "iron"}}'
expect_field '.errors[0].pointer' /custom_fields/grade 'a choice is one of its choices'
call PATCH "$clients/$school" "$office" '{"custom_fields": {"grade": "gold"}}'
expect_field .custom_fields '{"grade":"gold"}' 'and is kept with the client'
version=$(header etag)

post "$clients/$school/archive" "$office" '' --header 'If-Match: "1"'
expect_status 412 'a stale version is not archived'
post "$clients/$school/archive" "$office" '' --header "If-Match: $version"
expect_status 200 'a client is archived'
found 'q=hs-1001' ' ' 'and in no list'
found 'q=hs-1001&archived=true' "$school " 'but in that of the archived ones'
call PATCH "$clients/$school" "$office" '{"name": "Late"}'
expect "$(json .code) $(json .allowed)" 'client_archived ["restore"]' 'it can be restored, no more'
post "$clients/$school/restore" "$office"
expect "$status $(json .code)" '409 client_duplicate' 'not as a duplicate, unless it is wanted'
post "$clients/$school/restore" "$office" '{"allow_duplicate": true}'
expect "$status $(json .archived_at)" '200 null' 'and is back'

sign_up "$(unique rival)"
rival=$token
for path in "clients/$school" "clients/$school/contacts" "clients/$school/notes" "contacts/$pat" \
  "addresses/$address"; do
  call GET "$below/$path" "$rival"
  expect_status 404 "another business finds nothing at $path"
done
call GET "$clients?q=river" "$rival"
expect_field .data '[]' 'and nothing by search'

verify
finish
