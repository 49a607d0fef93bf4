# shellcheck shell=bash disable=SC2154 # the other parts set these
# ./forge test [--all] [--filter X]: builds, checks the format, runs every suite, ends with "N passed, N failed[, N skipped]".

run_tests() {
    local filter="" tier=fast
    while (( $# )); do
        case $1 in
            --all) tier=all ;;
            --filter) [[ $# -gt 1 ]] || { say "--filter needs a value, e.g. --filter MaxPool2D"; exit 2; }; filter=$2; shift ;;
            --filter=*) filter=${1#--filter=} ;;
            --help|-h) echo "usage: ./forge test [--all] [--filter X]    X: part of a test's full name, a VSTest filter expression, launcher, or format"; exit 0 ;;
            *) say "unknown option for test: $1" "usage: ./forge test [--all] [--filter X]"; exit 2 ;;
        esac
        shift
    done
    set_up_for_tests "$tier"
    build_if_changed Forge.sln tests bench Forge.sln
    results=$root/artifacts/test-results
    rm -rf "$results"; mkdir -p "$results/drivers"
    passed=0 failed=0 skipped=0 broken=()
    local suite
    if [[ -z $filter || $filter == format ]]; then run_script_suite format "$root/eng/format-check"; fi
    if [[ -z $filter || $filter == launcher ]]; then run_script_suite launcher "$root/tests/launcher/run.sh"; fi
    (
        use_test_environment "$tier"
        for suite in "$root"/tests/*.Tests; do run_suite "${suite##*/}" "$filter" "$tier"; done
    )
    for suite in "$root"/tests/*.Tests; do count_suite "${suite##*/}"; done
    summarize
}

set_up_for_tests() {
    detect_system
    choose_driver
    # The named drivers are tested whatever the machine has.
    if can_unpack; then
        [[ " ${sets[*]-} " == *" mesa25 "* ]] || sets+=(mesa25)
        sets+=(swiftshader validation tools)
        [[ $distribution-$codename == debian-bookworm ]] && sets+=(tools13)
        [[ $1 == all && $distribution-$codename == debian-bookworm ]] && sets+=(mesa22)
    fi
    people_have_fashion_mnist || [[ -n ${FORGE_DATA-} ]] || sets+=(fashion-mnist)
    make_missing
}

# Every test sees the same variables a person's ./forge would set, and the table of drivers (name|manifest a line).
use_test_environment() {
    local name manifest
    use_sets
    export FORGE_TEST_TIER=$1 FORGE_TEST_DRIVERS=$forge_data/drivers FORGE_TEST_REPORTS=$results/drivers
    export PATH=$forge_data/tools/bin:$PATH
    if set_is_whole tools13; then export FORGE_TEST_TOOLS13=$forge_data/tools13; fi
    for name in mesa25 mesa22 swiftshader; do
        [[ $name == mesa22 && $1 != all ]] && continue
        manifest=$(own_manifest "$name")
        [[ -n $manifest ]] || continue
        printf '%s|%s\n' "$name" "$manifest"
        export "FORGE_TEST_ICD_$name=$manifest"
    done > "$results/drivers.new"
    mkdir -p "$forge_data"; cp "$results/drivers.new" "$forge_data/drivers"
    for name in mesa25 mesa22 swiftshader; do
        manifest=$(own_manifest "$name")
        if [[ -n $manifest ]]; then export "FORGE_TEST_ICD_$name=$manifest"; fi
    done
}

# run_suite NAME FILTER TIER: runs one .NET suite; its results file and exit code are left for count_suite.
run_suite() {
    local name=$1 filter=$2 arguments=() code=0 hang=8m
    # 200 cases of a product take Mesa 22.3 a quarter of an hour on a busy machine.
    [[ $3 == all ]] && hang=90m
    printf '\n== %s\n' "$name"
    [[ -n $filter ]] && arguments+=(--filter "$filter")
    "$dotnet" test "$root/tests/$name/bin/Release/net10.0/$name.dll" --nologo --results-directory "$results" --logger "trx;LogFileName=$name.trx" \
        --blame-hang-timeout "${FORGE_TEST_HANG:-$hang}" --blame-hang-dump-type none ${arguments[@]+"${arguments[@]}"} < /dev/null 2>&1 |
        sed -u '/^Starting test execution/d; /^A total of . test files/d; /Blame. message/d; /^Results File/d; /^Additionally, path to/d; /^$/d' || code=$?
    echo "$code" > "$results/$name.code"
}

count_suite() {
    local name=$1 counters="" code total ok bad
    [[ -f $results/$name.trx ]] && counters=$(grep -o '<Counters [^>]*' "$results/$name.trx" || true)
    code=$(cat "$results/$name.code" 2> /dev/null || echo "no exit code")
    total=$(attribute total) ok=$(attribute passed) bad=$(attribute failed)
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + total - ok - bad))
    if [[ $code != 0 && $bad == 0 ]]; then
        failed=$((failed + 1)); broken+=("$name ended early (exit code $code)")
    fi
}

# attribute NAME: a number of the counters line; reads count_suite's variable.
attribute() { local value; value=$(sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<< "$counters"); echo "${value:-0}"; }

# run_script_suite NAME SCRIPT: a script whose lines "ok ...", "not ok ..." and "skip ..." are counted.
run_script_suite() {
    local name=$1 code=0 output=$results/$1.txt ok bad
    printf '\n== %s\n' "$name"
    DOTNET=$dotnet bash "$2" > "$output" 2>&1 < /dev/null || code=$?
    grep -vE '^ok ' "$output" || true
    ok=$(grep -cE '^ok ' "$output" || true) bad=$(grep -cE '^not ok ' "$output" || true)
    skipped=$((skipped + $(grep -cE '^skip ' "$output" || true)))
    passed=$((passed + ok)) failed=$((failed + bad))
    if [[ $code != 0 && $bad == 0 ]]; then failed=$((failed + 1)); broken+=("$name ended early (exit code $code)"); fi
    echo "$name: $ok passed, $bad failed"
}

# A suite may append lines "driver|tests|pipelines|seconds" to files in FORGE_TEST_REPORTS; here they are added up.
summarize() {
    local line
    echo
    if compgen -G "$results/drivers/*" > /dev/null; then
        cat "$results"/drivers/* | awk -F'|' '
            { tests[$1] += $2; pipelines[$1] += $3; seconds[$1] += $4 }
            END {
                printf "%-14s %8s %10s %8s\n", "driver", "tests", "pipelines", "seconds"
                for (d in tests) if (tests[d] > 0) printf "%-14s %8d %10d %8.1f\n", d, tests[d], pipelines[d], seconds[d] | "sort"
            }'
    fi
    for line in ${broken[@]+"${broken[@]}"}; do echo "$line"; done
    local ran=$((passed + failed))
    (( ran > 0 )) || echo "No test ran."
    if (( skipped > 0 )); then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
    (( failed == 0 && ran > 0 ))
}
