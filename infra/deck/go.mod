// Builds deck, which validates kong.yml in `.ci/run`; nothing here is part of Roundhouse.
module roundhouse/infra/deck

go 1.26.3

require (
	github.com/kong/deck v1.62.1
	github.com/kong/go-kong v0.77.0
)

// A module's own replacements count for its own build alone: these are deck's.
replace github.com/yudai/gojsondiff v1.0.0 => github.com/Kong/gojsondiff v1.3.0

replace gopkg.in/yaml.v3 v3.0.1 => github.com/Kong/yaml v1.0.0
