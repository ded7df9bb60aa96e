# For end-to-end suites, which talk to $GATEWAY_URL and to nothing else:
#
#   . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
#   call POST /api/v1/auth/login '' '{"email":"…","password":"…"}'
#   expect_status 200 'a log-in succeeds'
#   token=$(json .access_token)
#   finish
#
# Each check is a line `ok - …` or `not ok - …`; what cannot be checked here is `skip - … # reason`.
set -uo pipefail

: "${GATEWAY_URL:?the address of the gateway}"
e2e_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
e2e_folder=$(mktemp -d)
trap 'rm -rf "$e2e_folder"' EXIT
e2e_passed=0 e2e_failed=0 e2e_skipped=0
# What the last call answered. A status of 000 says that there was no answer at all.
status=000 body=

# call METHOD PATH [TOKEN] [BODY] [CURL-OPTION …]: an empty TOKEN or BODY is not sent. A BODY that
# begins with @ is a file.
call() {
  local method=$1 path=$2 token=${3-} content=${4-}
  shift $(($# < 4 ? $# : 4))
  local options=(--silent --show-error --max-time 30 --request "$method")
  [[ -n $token ]] && options+=(--header "Authorization: Bearer $token")
  [[ -n $content ]] && options+=(--header 'Content-Type: application/json' --data-binary "$content")
  : >"$e2e_folder/body"
  : >"$e2e_folder/headers"
  status=$(curl "${options[@]}" --dump-header "$e2e_folder/headers" --output "$e2e_folder/body" \
    --write-out '%{http_code}' "$@" "$GATEWAY_URL$path" 2>"$e2e_folder/error")
  body=$(<"$e2e_folder/body")
}

# header NAME: a header of the last answer.
header() {
  tr -d '\r' <"$e2e_folder/headers" |
    awk -v name="$1" -F ': ' 'tolower($1) == tolower(name) { print substr($0, length($1) + 3) }'
}

# json PATH [TEXT]: a field such as .data[0].id of the last answer, or of TEXT; empty where none is.
json() {
  printf '%s' "${2-$body}" | "$e2e_root/scripts/run" node "$e2e_root/scripts/e2e/json.ts" "$1" \
    2>/dev/null
}

ok() {
  e2e_passed=$((e2e_passed + 1))
  printf 'ok - %s\n' "$1"
}

# not_ok WHAT WHY
not_ok() {
  e2e_failed=$((e2e_failed + 1))
  printf 'not ok - %s\n' "$1"
  printf '%s\n' "$2" "answer $status: ${body:0:600}" "$(<"$e2e_folder/error")" |
    sed '/^$/d; s/^/#   /'
}

# skip WHAT REASON
skip() {
  e2e_skipped=$((e2e_skipped + 1))
  printf 'skip - %s # %s\n' "$1" "$2"
}

# expect ACTUAL WANTED WHAT
expect() {
  if [[ $1 == "$2" ]]; then ok "$3"; else not_ok "$3" "wanted '$2', got '$1'"; fi
}

# expect_status STATUS WHAT
expect_status() {
  expect "$status" "$1" "$2"
}

# expect_field PATH VALUE WHAT
expect_field() {
  expect "$(json "$1")" "$2" "$3"
}

# run_lib FILE [ARGUMENT …]: a part that needs more than a shell (many calls at once, processes to
# kill); its checks are counted as ours.
run_lib() {
  local code=0
  "$e2e_root/scripts/run" node "$e2e_root/scripts/e2e/lib/$1" "${@:2}" >"$e2e_folder/lib" \
    2>"$e2e_folder/error" || code=$?
  cat "$e2e_folder/lib"
  e2e_passed=$((e2e_passed + $(grep -c '^ok - ' "$e2e_folder/lib")))
  e2e_failed=$((e2e_failed + $(grep -c '^not ok - ' "$e2e_folder/lib")))
  if [[ $code != 0 ]] && ! grep -q '^not ok - ' "$e2e_folder/lib"; then
    not_ok "$1 runs to its end" "exit $code"
  fi
}

# needs VARIABLE WHAT: whether the platform has told it; says what is skipped where it has not. One
# that is reached by its gateway alone tells nothing else.
needs() {
  [[ -n ${!1-} ]] && return
  skip "$2" "$1 is not known of this platform"
  return 1
}

# transport stop|start: takes the events' transport away, or gives it back.
transport() {
  "$e2e_root/scripts/run" node "$e2e_root/scripts/e2e/lib/transport.ts" "$1"
}

# verify: the verdict from the database and from Stripe's own book. Who gives only the gateway asks
# for it once, after all suites, where the database can be reached.
verify() {
  if needs DATABASE_URL 'the verdict'; then run_lib ../../verify.ts; fi
}

# finish: says how many, and ends the suite.
finish() {
  printf '# %d passed, %d failed, %d skipped\n' "$e2e_passed" "$e2e_failed" "$e2e_skipped"
  exit $((e2e_failed > 0))
}

# A name that no earlier run has taken.
unique() {
  printf '%s%s' "$1" "$(date +%s)$RANDOM"
}

# sign_up SUBDOMAIN: opens a business, whose owner's token is then in $token.
sign_up() {
  call POST /api/v1/auth/signup '' "{
    \"business_name\": \"Business $1\", \"subdomain\": \"$1\", \"email\": \"owner@$1.example\",
    \"password\": \"securepass123\", \"first_name\": \"Jane\", \"last_name\": \"Doe\"}"
  token=$(json .access_token)
}
