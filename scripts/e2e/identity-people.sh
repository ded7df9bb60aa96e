#!/usr/bin/env bash
# People of a business: invited, given roles, thrown out, forgetful; and the business itself.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

auth=/api/v1/auth
clients=/api/v1/clients/clients
ours=$(unique people)

# link KIND E-MAIL [SUBDOMAIN]: the path of the newest link, as its mail will have it.
link() {
  local url
  url=$("$e2e_root/scripts/link" "$@" --data "${DATA_DIR-}") && printf '/api/v1%s' "${url#*/api/v1}"
}

# operator ARGUMENT …: what whoever runs the platform decides.
operator() {
  "$e2e_root/scripts/tenant" "$@" --data "${DATA_DIR-}" >"$e2e_folder/operator" 2>&1
}

# until_code CODE METHOD PATH TOKEN WHAT: asks until the refusal comes, for a minute at most.
until_code() {
  local deadline=$((SECONDS + 60))
  call "$2" "$3" "$4"
  while [[ $(json .code) != "$1" ]] && ((SECONDS < deadline)); do
    sleep 0.2
    call "$2" "$3" "$4"
  done
  expect_field .code "$1" "$5"
}

# until_status STATUS METHOD PATH TOKEN WHAT: the same for a status.
until_status() {
  local deadline=$((SECONDS + 60))
  call "$2" "$3" "$4"
  while [[ $status != "$1" ]] && ((SECONDS < deadline)); do
    sleep 0.2
    call "$2" "$3" "$4"
  done
  expect_status "$1" "$5"
}

# log_in E-MAIL PASSWORD [SUBDOMAIN]
log_in() {
  local subdomain=${3:+, \"subdomain\": \"$3\"}
  call POST $auth/login '' "{\"email\": \"$1\", \"password\": \"$2\"$subdomain}"
}

sign_up "$ours"
owner=$token
owner_id=$(json .user.id)
tenant_id=$(json .tenant.id)

# Invitations
ann="ann@$ours.example"
call POST $auth/invitations "$owner" "{\"email\": \"$ann\", \"roles\": [\"dispatcher\"]}"
expect_status 201 'the owner invites a colleague'
invitation=$(json .id)
[[ $body != *public* ]]
expect $? 0 'no answer has the link'
first=$(link invitation "$ann")
call GET "$first"
expect "$(json .business_name) $(json .email) $(json .status)" "Business $ours $ann open" \
  'the link tells who invites whom'
call POST "$auth/invitations/$invitation/resend" "$owner"
expect_status 200 'the invitation is sent again'
call GET "$first"
expect_status 404 'which revokes the link before'
path=$(link invitation "$ann")
joining='{"first_name": "Ann", "last_name": "Lee", "password": "a-password-of-her-own"}'
call POST "$path/accept" '' "$joining"
expect_status 200 'she joins, and is logged in'
ann_id=$(json .user.id)
ann_token=$(json .access_token)
call GET $clients "$ann_token"
expect_status 200 'and works at once'
call POST "$path/accept" '' "$joining"
expect "$status $(json .code)" '409 invitation_accepted' 'nobody joins by it a second time'
call POST $auth/invitations "$owner" "{\"email\": \"ben@$ours.example\", \"roles\": [\"staff\"]}"
ben=$(json .id)
path=$(link invitation "ben@$ours.example")
call POST "$auth/invitations/$ben/revoke" "$owner"
call POST "$path/accept" '' "$joining"
expect "$status $(json .code)" '409 invitation_revoked' 'what was taken back is refused'
link invitation "ben@$ours.example" >/dev/null 2>&1
expect $? 1 'and has no link any more'

# Roles and activity, at a service that is told of them
call PATCH "$auth/users/$ann_id" "$owner" '{"roles": ["vendor"]}'
expect_status 200 'she gets another role'
until_code token_revoked GET $clients "$ann_token" 'her token with the old role stops at clients'
log_in "$ann" a-password-of-her-own
call GET $clients "$(json .access_token)"
expect_field .code permission_missing 'the new one may not read clients'
call PATCH "$auth/users/$owner_id" "$owner" '{"roles": ["admin"]}'
expect_field .code last_owner 'the last owner stays one'
call PATCH "$auth/users/$ann_id" "$owner" '{"roles": ["dispatcher"]}'
log_in "$ann" a-password-of-her-own
ann_token=$(json .access_token)
ann_refresh=$(json .refresh_token)
call POST "$auth/users/$ann_id/deactivate" "$owner"
expect_status 200 'she is deactivated'
until_code token_revoked GET $clients "$ann_token" 'her token stops at clients within a minute'
call POST $auth/refresh '' "{\"refresh_token\": \"$ann_refresh\"}"
expect_status 401 'she gets no new one'
log_in "$ann" a-password-of-her-own
expect "$status $(json .code)" '403 user_deactivated' 'and is not let in'
call POST "$auth/users/$ann_id/reactivate" "$owner"
expect_status 200 'she is reactivated'

# Passwords and e-mails
call POST $auth/password-resets '' "{\"email\": \"$ann\"}"
expect_status 202 'she has forgotten her password'
known=$body
call POST $auth/password-resets '' "{\"email\": \"nobody@$ours.example\"}"
expect "$status$body" "202$known" 'of an unknown e-mail the same is said'
path=$(link reset "$ann")
call GET "$path"
expect "$body" '{"usable":true}' 'the link tells that it can be used, and nothing else'
call POST "$path" '' '{"password": "a-newer-password"}'
expect_status 200 'it sets a new password'
call POST "$path" '' '{"password": "yet-another-password"}'
expect "$status $(json .code)" '409 link_not_usable' 'once'
log_in "$ann" a-newer-password
expect_status 200 'the new password opens'
ann_token=$(json .access_token)
call POST $auth/me/password "$ann_token" \
  '{"current_password": "a-newer-password", "password": "her-third-password"}'
expect_status 200 'she changes it'
newest=$(json .access_token)
until_code token_revoked GET $clients "$ann_token" 'which ends the tokens of before'
call GET $clients "$newest"
expect_status 200 'but not her session'
path=$(link verification "owner@$ours.example")
call POST "$path"
expect_status 200 'the owner verifies the e-mail of the sign-up'
call GET $auth/me "$owner"
[[ $(json .email_verified_at) == 20* ]]
expect $? 0 'which stands with him'

# The business
call PATCH $auth/tenant "$owner" '{"time_zone": "America/Denver", "brand": {"color": "#ffee00"}}'
expect_field .brand.text_color '#000000' 'the brand has a color, and a text color that fits it'
for _ in $(seq 100); do
  call POST $clients "$owner" "{\"name\": \"Client\", \"allow_duplicate\": true}"
  [[ $(json .time_zone) == America/Denver ]] && break
  sleep 0.1
done
expect_field .time_zone America/Denver 'its time zone reaches clients'
call GET $auth/public/tenant '' '' --header "Host: $ours.roundhouse.example"
expect "$(json .subdomain) $(json .brand.color)" "$ours #ffee00" 'the host names the business'
expect "$(header cache-control)" 'public, max-age=60' 'for a minute also from a cache'
call GET $auth/public/tenant '' '' --header "X-Forwarded-Host: $ours.roundhouse.example"
expect_status 404 'what the client says of itself is not believed'
call GET "$auth/public/tenant?subdomain=$ours"
expect_field .name "Business $ours" 'a query names it as well'

# A sandbox
call POST $auth/tenant/sandbox "$owner"
expect "$(json .subdomain) $(json .sandbox_of)" "$ours-sandbox $tenant_id" 'it has a sandbox'
sandbox=$(json .id)
call POST $auth/tenant/sandbox "$owner"
expect_field .id "$sandbox" 'one'
log_in "owner@$ours.example" securepass123
expect_field .tenant.id "$tenant_id" 'a log-in without subdomain is the business itself'
log_in "owner@$ours.example" securepass123 "$ours-sandbox"
expect_field .tenant.id "$sandbox" 'with its subdomain the sandbox'
call GET $clients "$(json .access_token)"
expect_field .data '[]' 'which has none of its clients'

# The operator
operator plan "$ours" standard --users 2 --reason 'e2e'
expect $? 0 'the operator gives it two users'
call POST $auth/users "$owner" "{\"email\": \"cy@$ours.example\", \"password\": \"securepass123\",
  \"first_name\": \"Cy\", \"last_name\": \"Lee\", \"roles\": [\"staff\"]}"
expect "$status $(json .code)" '409 plan_limit_reached' 'which it has'
operator suspend "$ours" --reason 'e2e'
expect $? 0 'the operator suspends it'
until_code tenant_suspended GET $clients "$owner" 'clients lets nobody of it in'
log_in "owner@$ours.example" securepass123 "$ours"
expect "$status $(json .code)" '403 tenant_suspended' 'auth says why, to the right password'
log_in "owner@$ours.example" wrong-password "$ours"
expect_status 401 'and to a wrong one nothing'
call GET "$auth/public/tenant?subdomain=$ours"
expect_field .code tenant_suspended 'its page is closed'
operator restore "$ours"
expect $? 0 'the operator restores it'
# Each service by itself, within a minute: auth, which hears no event of its own, looks every 10 s.
for path in $clients $auth/tenant; do
  until_status 200 GET "$path" "$owner" "$path is as before"
done
operator suspend "$(unique nobody)"
expect $? 1 'nobody is suspended by a wrong name'

# The trail
for area in auth clients pricing bookings payments; do
  call GET "/api/v1/$area/audit?limit=1" "$owner"
  expect_status 200 "the owner reads the trail of $area"
done
call GET "$auth/audit?action=suspendTenant" "$owner"
expect "$(json '.data[0].actor_kind') $(json '.data[0].after.reason')" 'system e2e' \
  'the trail tells what the operator did, and why'
call GET "$auth/audit?actor_id=$owner_id&subject_id=$ann_id&limit=200" "$owner"
[[ $body == *deactivateUser* && $body != *password_hash* && $body != *argon2* ]]
expect $? 0 'and what was done to whom, without a secret'
call GET $auth/audit "$newest"
expect_field .code permission_missing 'a dispatcher does not read it'

verify
finish
