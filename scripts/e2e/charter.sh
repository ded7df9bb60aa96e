#!/usr/bin/env bash
# A charter from the inquiry to settled books, as the office and the client live it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# post PATH TOKEN [BODY] [CURL-OPTION …], below /api/v1.
post() {
  local path=$1 token=$2 content=${3-}
  shift $(($# < 3 ? $# : 3))
  call POST "/api/v1/$path" "$token" "$content" "$@"
}
get() { call GET "/api/v1/$1" "${2-}"; }

# field_becomes PATH TOKEN FIELD VALUE WHAT: what comes by event takes a moment.
field_becomes() {
  for _ in {1..150}; do
    get "$1" "$2"
    [[ $(json "$3") == "$4" ]] && break
    sleep 0.2
  done
  expect_field "$3" "$4" "$5"
}

usd() { printf '{"amount": %s, "currency": "USD"}' "$1"; }

# A school of Yonkers goes to the museum and back: three stops, by the clock on the wall.
trip() {
  cat <<JSON
{"client_id": "$client", "passengers": 48, "vehicles": [{"vehicle_type": "coach_56", "count": 1}],
 "stops": [
  {"address": "Riverside High School, 565 Warburton Ave, Yonkers, NY", "latitude": 40.9476,
   "longitude": -73.8954, "local_time": "2027-03-12T08:00", "time_zone": "America/New_York"},
  {"address": "American Museum of Natural History, New York, NY", "latitude": 40.7813,
   "longitude": -73.974, "local_time": "2027-03-12T10:00", "time_zone": "America/New_York"},
  {"address": "Riverside High School, 565 Warburton Ave, Yonkers, NY", "latitude": 40.9476,
   "longitude": -73.8954, "local_time": "2027-03-12T17:30", "time_zone": "America/New_York"}]}
JSON
}

sign_up "$(unique coaches)"
expect_status 201 'a charter company signs up'
office=$token
post clients/clients "$office" \
  '{"name": "Riverside High School", "email": "trips@riverside.example", "phone": "+19145550101"}'
expect_status 201 'it enters a client'
client=$(json .id)

post bookings/vehicle-types "$office" '{"code": "coach_56", "name": "Coach, 56 seats", "seats": 56,
  "base_address": "1 Saw Mill River Rd, Yonkers, NY",
  "base_latitude": 40.9365, "base_longitude": -73.8885}'
expect_status 201 'a type of coach'
vehicle_type=$(json .id)
post bookings/resources "$office" '{"vehicle_type": "coach_56", "name": "Coach 101"}'
expect_status 201 'and a coach'
coach=$(json .id)

post charters/charters "$office" "$(trip)"
expect_status 201 'it takes an inquiry for a trip with three stops'
charter=$(json .id)
expect_field '.stops[0].at' '2027-03-12T13:00:00Z' 'eight in New York is thirteen in Greenwich'
post "charters/charters/$charter/quotes" "$office"
expect_field .code no_rate_card 'without a rate card there is no price'
post pricing/rate-cards "$office" "{\"vehicle_type\": \"coach_56\", \"minimum_hours\": 5,
  \"hourly\": $(usd 16500), \"live_mile\": $(usd 450), \"deadhead_mile\": $(usd 300)}"
expect_status 201 'it enters its rates'
rate_card=$(json .id)
call PUT /api/v1/pricing/tax-rate "$office" '{"name": "NY sales tax", "rate_ppm": 88750}'
expect_status 200 'and the tax'

post "charters/charters/$charter/quotes" "$office"
expect_status 201 'it quotes'
quote=$(json .id)
total=$(json .price.total.amount)
deposit=$(json .price.deposit.amount)
balance=$(json .price.balance.amount)
tax=$(json .price.tax.amount.amount)
expect "$((deposit + balance))" "$total" 'deposit and balance are the total'
post "charters/quotes/$quote/send" "$office"
expect_status 200 'it sends the quote'
link=$(json .public_url)
link=${link##*/}
post "charters/quotes/$quote/send" "$office"
expect "$(json .public_url | sed 's/.*\///')" "$link" 'sending again gives the same link'

get "charters/public/quotes/$link"
expect_field .price.total.amount "$total" 'the client opens the link and sees the price'
get "charters/public/quotes/${link%?????}AAAAA"
expect_status 404 'a changed link opens nothing'

# Somebody else wants the same coach on the same day.
post charters/charters "$office" "$(trip)"
other_charter=$(json .id)
post "charters/charters/$other_charter/quotes" "$office"
post "charters/quotes/$(json .id)/send" "$office"
other_link=$(json .public_url)
other_link=${other_link##*/}

agreed='{"name": "Pat Principal", "terms_accepted": true}'
post "charters/public/quotes/$link/accept" '' "$agreed" --header 'Idempotency-Key: accept-1'
expect_status 200 'the client accepts'
accepted=$body
post "charters/public/quotes/$link/accept" '' "$agreed" --header 'Idempotency-Key: accept-1'
expect "$body" "$accepted" 'accepting again with the same key gives the same answer'
expect "$(header Idempotent-Replayed)" true 'which says that it is one'
post "charters/public/quotes/$other_link/accept" '' "$agreed"
expect_status 409 'a second client cannot get the coach'
expect_field '.free[0].free' 0 'and is told what is free'

field_becomes "charters/charters/$charter" "$office" .status accepted 'the charter is accepted'
field_becomes "payments/schedules?booking_id=$charter" "$office" '.data[0].booking_id' "$charter" \
  'there is a schedule of payments'
schedule=$(json '.data[0].id')
get "charters/public/quotes/$link"
payment=$(json .payment_url)
payment=${payment##*/}
get "payments/public/links/$payment"
expect_status 200 'the quote leads to the payment link'

pay="payments/public/links/$payment/pay"
card() { printf '{"item": "%s", "payment_method": "%s"}' "$1" "$2"; }
post "$pay" '' "$(card deposit pm_card_visa_chargeDeclinedInsufficientFunds)"
expect_status 402 'a card without funds is declined'
expect "$(json .code) $(json .decline_code)" 'card_declined insufficient_funds' \
  "with the provider's code"
get "charters/charters/$charter" "$office"
expect_field .status accepted 'and the charter waits'

post "$pay" '' "$(card deposit pm_card_visa)" --header 'Idempotency-Key: pay-1'
expect_status 200 'another card pays the deposit'
paid=$body
post "$pay" '' "$(card deposit pm_card_visa)" --header 'Idempotency-Key: pay-1'
expect "$status $body" "200 $paid" 'the same payment sent twice with a key is one, with one answer'
post "$pay" '' "$(card deposit pm_card_visa)"
expect_status 409 'and without a key it is refused'
expect_field .code item_already_paid 'since the deposit is paid'
get payments/payments "$office"
payment_id=$(json '.data[0].id')
field_becomes "charters/charters/$charter" "$office" .status confirmed \
  'the deposit confirms the charter'

post "charters/charters/$charter/cancel" "$office" '{"reason": "Rain."}'
expect_field .code charter_accepted 'what was accepted is not canceled by a click'
post "charters/charters/$charter/start" "$office"
expect_field .status in_progress 'the coach is on its way'
post "charters/charters/$charter/complete" "$office"
expect_field .status completed 'and back'
post "charters/charters/$charter/complete" "$office"
expect_status 409 'a trip is completed once'

field_becomes payments/invoices "$office" '.data[0].booking_id' "$charter" 'the invoice is issued'
invoice=$(json '.data[0].id')
get "payments/invoices/$invoice" "$office"
expect "$(json .total.amount) $(json .tax.amount.amount) $(json .open.amount)" \
  "$total $tax $balance" 'over what was agreed, with the deposit applied'
post "$pay" '' "$(card balance pm_card_mastercard)"
expect_status 200 'the balance is paid'
field_becomes "payments/invoices/$invoice" "$office" .open.amount 0 'and the invoice with it'
get payments/ledger/trial-balance "$office"
expect "$(json '.data[0].debits.amount')" "$(json '.data[0].credits.amount')" 'debits are credits'
get payments/ledger/accounts "$office"
expect_status 200 'the accounts can be read'

# Another business, with a token of its own, on every id of the story.
sign_up "$(unique rival)"
rival=$token
for path in "clients/clients/$client" "bookings/vehicle-types/$vehicle_type" \
  "bookings/resources/$coach" "pricing/rate-cards/$rate_card" "charters/charters/$charter" \
  "charters/quotes/$quote" "payments/schedules/$schedule" "payments/payments/$payment_id" \
  "payments/invoices/$invoice"; do
  get "$path" "$office"
  owner_sees=$status
  get "$path" "$rival"
  expect "$owner_sees $status" '200 404' "${path%/*}: its owner's, and nobody else's"
done
for verb in start complete; do
  post "charters/charters/$charter/$verb" "$rival"
  expect_status 404 "another business cannot $verb it"
done
post "charters/quotes/$quote/send" "$rival"
expect_status 404 'nor send its quote'
post "charters/charters/$charter/quotes" "$rival"
expect_status 404 'nor quote it'
post charters/charters "$rival" "$(trip)"
expect_field .code client_unknown 'nor book for its client'

# The founding documents' sample, with the token of the log-in.
get charters/charters "$office"
expect_status 200 'the list of charters'

verify
finish
