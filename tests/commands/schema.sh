#!/bin/sh
# mmsim schema: the JSON Schema says what mmsim accepts, and every scenario that comes with mmsim names it.
# shellcheck disable=SC1091,SC2015,SC2016,SC2086,SC2154,SC2317 # lib.sh gives names; check calls the functions
tree=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"

the_schema_has_every_name_of_the_tables() {
	exits 0 "$mmsim" schema || return 1
	mv out schema.json
	for l in tunables ops; do
		for n in $("$mmsim" list "$l" --personality linux --json | sed -n 's/^  "name": "\(.*\)",*$/\1/p' | sed 's/.*>\.//'); do
			grep -q -F -e "\"$n\"" -e "\\.$n\$\"" schema.json || { echo "$n is not there"; return 1; }
		done
	done
	is '["integer","string"]' "$(sqlite3 :memory: "SELECT json_array(
		json_extract(readfile('schema.json'), '\$.\$defs.tunables.properties.\"vm.dirty_ratio\".anyOf[0].anyOf[0].type'),
		json_extract(readfile('schema.json'), '\$.\$defs.tunables.properties.\"vm.dirty_ratio\".anyOf[0].anyOf[1].type'))")" || return 1
	is 100 "$(sqlite3 :memory: "SELECT json_extract(readfile('schema.json'), '\$.\$defs.tunables.properties.\"vm.dirty_ratio\".anyOf[0].anyOf[0].maximum')")" || return 1
	is '["always","madvise","never"]' "$(sqlite3 :memory: "SELECT json_extract(readfile('schema.json'),
		'\$.\$defs.tunables.properties.\"transparent_hugepage.enabled\".anyOf[0].anyOf[0].enum')")"
}
check "the schema has every tunable with its range, and every call" the_schema_has_every_name_of_the_tables

scenarios_name_their_schema() {
	for s in "$tree"/scenarios/*.yaml "$tree"/scenarios/tutorial/*.yaml; do
		line=$(sed -n 's/^# yaml-language-server: \$schema=\(.*\)$/\1/p' "$s")
		[ -n "$line" ] && [ -f "$(dirname "$s")/$line" ] || { echo "$s: \"$line\" is no schema"; return 1; }
	done
}
check "every scenario names a schema that is there" scenarios_name_their_schema

the_schema_is_the_one_in_the_documents() {
	for k in linux freebsd; do
		f=$tree/docs/reference/scenario-$k.schema.json
		"$mmsim" schema --personality "$k" >now.json 2>/dev/null || continue
		cmp now.json "$f" || return 1
	done
}
check "the schema in the documents is that of the program" the_schema_is_the_one_in_the_documents

many=400
quick && many=100
both_agree() {
	"$tree/tests/schema/run" "$mmsim" "$many" "${SEED:-1}"
	status=$?
	[ $status -eq 0 ] || [ $status -eq 77 ]
}
check "mmsim and another validator agree on changed scenarios" both_agree
[ -s check.log ] && tail -n 1 check.log >&2

exit "$failed"
