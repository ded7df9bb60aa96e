#!/usr/bin/env bash
# Clients come and go as tables: all rows of one or none.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

below=/api/v1/clients

# import [QUERY] FILE
import() {
  call POST "$below/imports${2+?$1}" "$office" '' --header 'Content-Type: text/csv' \
    --data-binary "@${2-$1}"
}

# names: those of the clients, sorted.
names() {
  call GET "$below/clients?sort=name&limit=200" "$office"
  grep -o '"name":"[^"]*"' <<<"$body" | cut -d '"' -f 4 | tr '\n' ' '
}

sign_up "$(unique tables)"
office=$token
table=$e2e_folder/clients.csv
cat >"$table" <<'CSV'
external_id;name;email;phone;tags;contact.name;contact.email
T-1;Riverside High School;trips@tables.example;+12125550123;"school;VIP";Pat Lee;pat@tables.example
T-2;"Lakeside, Inc.";office@lakeside.example;;;;
CSV

import dry_run=true "$table"
expect "$status $(json .created) $(json .error_count)" '200 2 0' 'a dry run says what would be made'
expect "$(names)" '' 'and makes nothing'
import "$table"
expect "$status $(json .created)" '200 2' 'a table with semicolons is imported'
school=$(json '.clients[0].id')
expect "$(names)" 'Lakeside, Inc. Riverside High School ' 'and its clients are there'
call GET "$below/clients/$school/contacts" "$office"
expect_field '.data[0].name' 'Pat Lee' 'with the contact'
call GET "$below/clients?q=pat@tables" "$office"
expect_field '.data[0].id' "$school" 'by which the client is found'

import "$table"
expect "$(json .created) $(json .unchanged)" '0 2' 'the same table again changes nothing'

broken=$e2e_folder/broken.csv
printf 'name,email,phone\nGood,good@tables.example,\nBad,nobody,12\n' >"$broken"
import "$broken"
expect "$status $(json .code) $(json .error_count)" '422 import_invalid 2' 'faulty cells are told'
expect_field '.errors[0].pointer' /3/email 'by line and column'
expect "$(names)" 'Lakeside, Inc. Riverside High School ' 'and nothing is half done'

printf 'name,nickname\nA,B\n' >"$broken"
import "$broken"
expect "$status $(json .code)" '422 columns_unknown' 'an unknown column is refused'
printf 'name,email\nOther,TRIPS@tables.example\n' >"$broken"
import "$broken"
expect "$(json '.errors[0].code')" client_duplicate 'and so is what is here already'
import on_duplicate=skip "$broken"
expect "$status $(json .skipped)" '200 1' 'unless it is to be skipped'

# Longer than any other body may be.
{
  echo name,company_name
  for ((row = 0; row < 3000; row++)); do
    printf 'Client %05d %0180d,%0190d\n' "$row" "$row" "$row"
  done
} >"$e2e_folder/many.csv"
import "$e2e_folder/many.csv"
expect "$status $(json .created)" '200 3000' 'more than a megabyte is one import'

call GET "$below/export?tag=vip" "$office"
expect "$status $(header content-type)" '200 text/csv; charset=utf-8; header=present' \
  'clients are exported as a table'
expect "$(grep -c . <<<"$body")" 2 'those that the filter names'
cp "$e2e_folder/body" "$e2e_folder/back.csv"
import "$e2e_folder/back.csv"
expect "$status $(json .unchanged)" '200 1' 'and the table changes nothing when it comes back'
call GET "$below/export" "$office"
expect "$(grep -c . <<<"$body")" 3003 'all of them are as many as there are'
call GET "$below/audit?action=exportClients" "$office"
expect "$(json '.data[1].action')" exportClients 'each export is in the trail'

sign_up "$(unique rival)"
call GET "$below/export" "$token"
expect "$(grep -c . <<<"$body")" 1 'another business exports nothing of it'
printf 'id,name\n%s,Mine\n' "$school" >"$broken"
office=$token
import "$broken"
expect_field '.errors[0].code' not_found 'and imports nothing into it'

verify
finish
