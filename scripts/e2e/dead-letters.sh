#!/usr/bin/env bash
# Events that a service can't take, from the failure to the operator who deals with them: what was
# no event at all, and one whose last attempt has failed.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

needs LAUNCHER_PID 'dead letters' || finish

letters() {
  "$e2e_root/scripts/dead-letters" "$@" --data "$DATA_DIR"
}

# offer ATTEMPTS TEXT: gives bookings something to take.
offer() {
  "$e2e_root/scripts/run" node "$e2e_root/infra/rabbitmq/offer.ts" bookings "$@"
}

# The id of the tenant's letter of this type, once it is there.
letter_of() {
  local tries
  for ((tries = 0; tries < 60; tries++)); do
    letters list --queue bookings | awk -F'\t' -v tenant="$2" -v type="$1" \
      '$3 == type && $4 == tenant { print $1; found = 1 } END { exit !found }' && return
    sleep 0.5
  done
  return 1
}

# dead COUNT: whether the metric of bookings comes to say so.
dead() {
  local tries said
  for ((tries = 0; tries < 30; tries++)); do
    said=$(curl -s "${BOOKINGS_URL%%,*}/metrics" | awk '/^roundhouse_dead_letters/ { print $2 }')
    [[ $said == "$1" ]] && return
    sleep 1
  done
  echo "it says $said" >&2
  return 1
}

sign_up "$(unique dead)"
tenant=$(json .tenant.id)
event_id=$(node -e 'process.stdout.write(crypto.randomUUID())')

# As clients would announce it, but for its data; this was its last attempt but one.
offer 19 "{\"specversion\": \"1.0\", \"id\": \"$event_id\", \"source\": \"/services/clients\",
  \"type\": \"clients.client.created.v1\", \"subject\": \"$event_id\",
  \"time\": \"2026-11-21T10:00:00Z\", \"tenantid\": \"$tenant\",
  \"datacontenttype\": \"application/json\", \"data\": {\"name\": 7}}"
found=$(letter_of clients.client.created.v1 "$tenant")
expect "$found" "$event_id" 'an event whose last attempt fails is a dead letter'
letters show "$event_id" >"$e2e_folder/letter"
expect "$(grep -c '"attempts": 20' "$e2e_folder/letter")" 1 'it says how often it was tried'
expect "$(grep -c '"error": ".*invalid' "$e2e_folder/letter")" 1 'it says why it failed'
if dead 1; then ok 'the metric counts it'; else not_ok 'the metric counts it' 'no 1'; fi

offer 0 "{\"type\": \"nonsense\", \"tenantid\": \"$tenant\"}"
nonsense=$(letter_of nonsense "$tenant")
expect "$(letters list --queue bookings | wc -l)" 3 'what is no event is a dead letter at once'
failed_at() { letters show "$nonsense" | awk '/"failed_at"/ { print $2 }'; }
before=$(failed_at)
letters replay "$nonsense" >/dev/null && ok 'it is replayed' || not_ok 'it is replayed' 'exit 1'
letter_of nonsense "$tenant" >/dev/null
after=$(failed_at)
if [[ $after != "$before" ]]; then ok 'and fails again'; else not_ok 'and fails again' "$after"; fi

expect "$(letters show nothing 2>&1)" 'There is no dead letter nothing.' 'there is no other one'
if letters drop >/dev/null 2>&1; then not_ok 'a drop needs an id' 'it took none'; else
  ok 'a drop needs an id'
fi
letters drop "$event_id" >/dev/null
expect "$(letters list --queue bookings | wc -l)" 2 'one is dropped by its id'
letters drop --all bookings >/dev/null
expect "$(letters list | wc -l)" 1 'and the rest of a queue with it'
expect "$(grep -c "dead_letter_dropped.*$event_id" "$DATA_DIR/logs/operator.log")" 1 \
  'the log says what was dropped'
if dead 0; then ok 'the metric is zero again'; else not_ok 'the metric is zero again' 'no 0'; fi
verify
finish
