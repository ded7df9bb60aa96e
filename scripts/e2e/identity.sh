#!/usr/bin/env bash
# Who may come in, how, and how far.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

clients=/api/v1/clients/clients

# wait_for_code METHOD PATH TOKEN CODE: asks for a minute at most until it is refused by this code.
wait_for_code() {
  local until=$((SECONDS + 60))
  while call "$1" "$2" "$3"; [[ $(json .code) != "$4" && $SECONDS -lt $until ]]; do sleep 1; done
}
ours=$(unique ours)

sign_up "$ours"
expect_status 201 'a business signs up'
expect_field .user.roles '["owner"]' 'who signs up is its owner'
expect_field .tenant.subdomain "$ours" 'the business has its subdomain'
owner=$token

# At once: the other services have perhaps not heard of the business yet.
call POST $clients "$owner" '{"name": "Riverside High School", "email": "trips@riverside.example"}'
expect_status 201 'its first client is entered at once'
client=$(json .id)
call GET $clients "$owner"
expect_field '.data[0].id' "$client" 'and is in the list'
call GET "$clients/$client" "$owner"
expect_status 200 'and can be read'

sign_up "$ours"
expect_status 409 'a subdomain is taken once'
expect_field .code subdomain_taken 'and that is said'

# As the founding documents have them, but for the port.
call POST /api/v1/auth/signup '' '{
    "business_name": "Happy Paws Grooming",
    "subdomain": "happypaws",
    "email": "owner@happypaws.com",
    "password": "securepass123",
    "first_name": "John",
    "last_name": "Doe"
  }'
# A platform that keeps its data has heard this before.
expect "${status/409/201}" 201 'the sample sign-up of the founding documents'
call POST /api/v1/auth/login '' '{
    "email": "owner@happypaws.com",
    "password": "securepass123"
  }'
expect_status 200 'the sample log-in of the founding documents'
expect_field .token_type Bearer 'answers a bearer token'

call POST /api/v1/auth/login '' \
  "{\"email\": \"OWNER@$ours.example\", \"password\": \"securepass123\", \"subdomain\": \"$ours\"}"
expect_status 200 'a log-in knows the e-mail in any case, and the subdomain'
refresh_token=$(json .refresh_token)
call GET /api/v1/auth/me "$(json .access_token)"
expect_field .email "owner@$ours.example" 'the token is of who logged in'

call POST /api/v1/auth/login '' \
  "{\"email\": \"owner@$ours.example\", \"password\": \"wrong-password\"}"
expect_status 401 'a wrong password is refused'
wrong=$(json .code)$(json .detail)
call POST /api/v1/auth/login '' '{"email": "nobody@nowhere.example", "password": "wrong-password"}'
expect_status 401 'and so is an unknown e-mail'
expect "$(json .code)$(json .detail)" "$wrong" 'in the very same words'

call POST /api/v1/auth/refresh '' "{\"refresh_token\": \"$refresh_token\"}"
expect_status 200 'a refresh token gives new tokens'
refreshed=$(json .access_token)
[[ $(json .refresh_token) != "$refresh_token" ]]
expect $? 0 'a refresh token is rotated'
call GET $clients "$refreshed"
expect_status 200 'the new access token opens the door'
call POST /api/v1/auth/refresh '' '{"refresh_token": "bogus"}'
expect_status 401 'a made-up refresh token is refused'

# ask_token PARAMETER …: the token endpoint, by a form (RFC 6749).
ask_token() {
  local options=()
  for parameter in "$@"; do options+=(--data-urlencode "$parameter"); done
  call POST /api/v1/auth/token '' '' "${options[@]}"
}
mail=owner@$ours.example
ask_token grant_type=password "username=$mail" password=securepass123
expect_status 200 'the token endpoint gives tokens for a password'
expect "$(header Cache-Control)" no-store 'which nobody on the way keeps'
granted=$(json .access_token) granted_refresh=$(json .refresh_token)
call GET /api/v1/auth/me "$granted"
expect_status 200 'and they open the door'
ask_token grant_type=refresh_token "refresh_token=$granted_refresh"
expect_status 200 'and for a refresh token'
ask_token grant_type=password "username=$mail" password=wrong-password
expect "$status $(json .error)" '400 invalid_grant' 'a wrong password is an invalid grant'
ask_token grant_type=password grant_type=refresh_token
expect "$status $(json .error)" '400 invalid_request' 'a parameter twice is an invalid request'
ask_token grant_type=magic
expect "$status $(json .error)" '400 unsupported_grant_type' 'an unknown grant is named as such'

call POST /api/v1/auth/machine-clients "$owner" \
  '{"name": "Partner", "scopes": ["clients:read", "clients:write"]}'
expect_status 201 'the owner lets a machine in'
machine=$(json .id) secret=$(json .secret)
call POST /api/v1/auth/token '' '' --user "$machine:$secret" \
  --data-urlencode grant_type=client_credentials --data-urlencode scope=clients:read
expect "$status $(json .scope)" '200 clients:read' 'which gets a token with the scope it asks for'
narrow=$(json .access_token)
call GET $clients "$narrow"
expect_status 200 'and reads the clients'
call POST $clients "$narrow" '{"name": "Too much"}'
expect "$status $(json .code)" '403 permission_missing' 'and writes none'
by_client=(grant_type=client_credentials "client_id=$machine" "client_secret=$secret")
ask_token "${by_client[@]}" scope=users:write
expect "$status $(json .error)" '400 invalid_scope' 'a scope that it was not given is refused'
call POST /api/v1/auth/token '' '' --user "$machine:wrong" \
  --data-urlencode grant_type=client_credentials
expect "$status $(json .error)" '401 invalid_client' 'and so is a wrong secret'
expect "$(header WWW-Authenticate)" 'Basic realm="roundhouse"' 'with a challenge'
call POST "/api/v1/auth/machine-clients/$machine/revoke" "$owner"
expect_status 200 'a machine is revoked'
ask_token "${by_client[@]}"
expect_status 401 'and gets no token any more'
wait_for_code GET $clients "$narrow" token_revoked
expect "$(json .code)" token_revoked 'and its tokens end at every service'

call GET /api/v1/auth/sessions "$granted"
expect_status 200 'sessions are listed'
marked=$([[ $body == *'"current":true'* ]] && echo yes)
expect "$marked" yes 'and the one that asks is marked'
call POST /api/v1/auth/logout "$granted"
expect_field .ended 1 'a log-out ends the session'
wait_for_code GET $clients "$granted" token_revoked
expect "$(json .code)" token_revoked 'and its tokens at every service'
call GET $clients "$owner"
expect_status 200 'and no other session'

run_lib log-ins.ts

sign_up "$(unique rival)"
rival=$token
call GET "$clients/$client" "$rival"
expect_status 404 "another business' client is not there"
call PATCH "$clients/$client" "$rival" '{"name": "Ours"}'
expect_status 404 'and cannot be changed'
call GET $clients "$rival"
expect_field .data '[]' 'and is in no list'

call GET $clients
expect_status 401 'no token, no entry'
call GET $clients "${owner%.*}.$(printf 'x%.0s' {1..342})"
expect_status 401 'a forged signature, no entry'
call GET $clients "$refresh_token"
expect_status 401 'a refresh token is no access token'
call GET /api/v1/clientsX "$owner"
expect_status 404 'a path that only begins like a service is nowhere'
call GET /api/v1/clients/nowhere "$owner"
expect_status 404 'an unknown path of a service is nowhere'
call GET /nowhere
expect_status 404 'an unknown path is nowhere'

# 300 kB is too much for a service, 2 MB for the gateway already.
for size in 300000 2000000; do
  { printf '{"name": "'; head -c $size /dev/zero | tr '\0' x; printf '"}'; } >"$e2e_folder/large"
  # Without Expect, which Kong answers before it has read the body.
  call POST $clients "$owner" "@$e2e_folder/large" --header Expect:
  expect_status 413 "a body of $size bytes is too large"
done

for folder in "$e2e_root"/services/*/; do
  service=$(basename "$folder")
  [[ -f $folder/src/main.ts ]] || continue
  call GET "/api/v1/$service/health"
  expect "$status $(json .status) $(json .service)" "200 healthy $service" "$service is healthy"
done

verify
finish
