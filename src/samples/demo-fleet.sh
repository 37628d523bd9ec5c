#!/usr/bin/env bash
# A fleet on one machine, in front of you: a registry with the sample in an image, the control service, three replicas that prove themselves, one that is
# killed and healed without a share holder, a second deployment that is promoted under load and loses a replica meanwhile, and every proof verified.
#
#   make demo-fleet          exits 0 when everything held
#   make demo-fleet KEEP=1   leaves everything running and says how to talk to it
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${DEMO_BIN:-$root/out/bin}
dir=${DEMO_DIR:-$root/out/demo-fleet}
keep=${KEEP:-}
api=127.0.0.1:${DEMO_API_PORT:-7800}
ingress=127.0.0.1:${DEMO_INGRESS_PORT:-7880}
registry=127.0.0.1:${DEMO_REGISTRY_PORT:-5050}
genesis_host=http://127.0.0.1:${DEMO_NODE_PORT:-3011}
role=arn:aws:iam::123456789012:role/Webserver
qos=$bin/qos
control=$bin/qos-control
# shellcheck source=demo-steps.sh
. "$root/src/samples/demo-steps.sh"
# shellcheck source=demo-fleet-steps.sh
. "$root/src/samples/demo-fleet-steps.sh"

for program in qos qos-control qos-enclave qos-host qos-nsm-sim qos-sample-echo; do
    [ -x "$bin/$program" ] || fail "$bin/$program is missing; run make first"
done
"$root/native/install-deps" fleet || exit 1
require_free "$api" DEMO_API_PORT
require_free "$ingress" DEMO_INGRESS_PORT
require_free "$registry" DEMO_REGISTRY_PORT
require_free "${genesis_host#http://}" DEMO_NODE_PORT
rm -rf "$dir" && mkdir -p "$dir/run" && chmod 700 "$dir" || exit 1
cd "$dir" || exit 1

printf '%sA fleet of enclaves, on this machine%s\n' "$bold" "$plain"
say "Real keys, signatures, processes, registry and database; only the security module is simulated."

step "A registry, with the sample app in an image"
start_registry
push_image 1.0 "first release"

step "The control service: a folder with everything it needs, then one process"
run "$control" init --dir "$dir/control" --listen "http://$api" --ingress "http://$ingress" --role-arn "$role" --programs "$bin"
export QOS_CONTROL=http://$api QOS_CONTROL_KEY=$dir/control/admin.apikey
background control "$control" run --settings "$dir/control"
wait_for "the control service" curl -fsS "http://$api/readyz"
cp control/pki/root.pem root.pem && cp control/release.pcrs release.pcrs || fail "the simulator's root and measurements"

step "Three people, and a quorum key that none of them ever sees"
make_people
hold_genesis

step "An app, and its first deployment"
show "$qos" app create echo --quorum-key genesis/quorum_key.pub --manifest-set manifest-set --share-set share-set
app=$("$qos" app create echo --quorum-key genesis/quorum_key.pub --manifest-set manifest-set --share-set share-set --json 2>last.out | jq -r .appId) || fail "$(cat last.out)"
[ -n "$app" ] || fail "$(cat last.out)"
refused "an app echo already" "$qos" app create echo --quorum-key genesis/quorum_key.pub --manifest-set manifest-set --share-set share-set
deployment_file() {
    cat <<YAML
appId: echo
qosVersion: local
pivotContainerImageUrl: $registry/team/echo:$1
pivotPath: /app/echo
expectedPivotDigest: $(sha256sum "$bin/qos-sample-echo" | cut -d' ' -f1)
pivotArgs: ["--port", "3000", "--qos-dir", "/run/qos-node"]
pivotEnv: { RELEASE: "$1" }
healthCheckPort: 3000
publicIngressPort: 3000
replicas: 3
YAML
}
deployment_file 1.0 >deploy.yaml
sed 's/^/    | /' deploy.yaml
create() {
    show "$qos" deploy create "$1"
    "$qos" deploy create "$1" --json >create.json 2>last.out || fail "$(cat last.out)"
    jq -r .deploymentId create.json
}
sed 's/^expectedPivotDigest: ..../expectedPivotDigest: 0000/' deploy.yaml >other.yaml
refused "was expected" "$qos" deploy create other.yaml
create deploy.yaml >first.id && tail -n 1 first.id >first && first=$(cat first)
say "deployment $first"

step "Two of three approve its manifest, each comparing it with what they hold; the service is believed nothing"
for who in alice bob; do as "$who" deploy approve "$first" --yes --accept-warnings; done

step "The first replica proves what it runs; two members give their shares to it alone"
run "$qos" deploy status "$first" --wait shares
for who in alice carol; do as "$who" deploy provision "$first" --yes --accept-warnings; done
begin=${EPOCHREALTIME/./}
run "$qos" deploy status "$first" --wait ready
good "the other two got the key from the first: three replicas serve $(((${EPOCHREALTIME/./} - begin) / 1000)) ms after the last share"
run "$qos" app promote "$first"

step "Traffic: the ingress reaches ready replicas only"
host_name=app-$app.localhost
reach() { curl -fsS -H "Host: $host_name" "$@"; }
wait_for "the app" reach "http://$ingress/health"
show curl -H "'Host: $host_name'" -d "'{\"say\":\"hello, fleet\"}'" "http://$ingress/echo"
reach --data-binary '{"say":"hello, fleet"}' "http://$ingress/echo" >answer.json || fail "the app did not answer"
jq -r '"    | " + (tostring | .[0:150]) + "…"' answer.json

step "One replica is killed: another one takes its place, and no share holder is asked"
"$qos" app status "$app" --json >status.json || fail "status"
victim=$(jq -r '.appStatus.deployments[0].replicas[1].id' status.json)
begin=${EPOCHREALTIME/./}
kill_replica() {
    local id=$1 folder=$dir/control/replicas/${1: -12} pid
    for pid in /proc/[0-9]*; do
        if [ "$(readlink "$pid/cwd" 2>/dev/null)" = "$folder" ] && grep -q qos-enclave "$pid/cmdline" 2>/dev/null; then kill -KILL "${pid#/proc/}"; fi
    done
}
show kill -KILL "the enclave of replica $victim"
kill_replica "$victim"
is_healed() {
    "$qos" app status "$app" --json >status.json 2>/dev/null && jq -e --arg victim "$victim" \
        '.appStatus.deployments[0] | .readyReplicas == 3 and ([.replicas[].id] | index($victim) | not)' status.json
}
wait_for "the replacement" is_healed
good "three replicas serve again after $(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
run "$qos" app status echo

step "A second release: planned, approved, given the key by the first; promoted under load"
push_image 1.1 "second release"
deployment_file 1.1 >deploy.2.yaml
run "$qos" deploy plan deploy.2.yaml
grep -q "no share holder is asked" last.out || fail "the plan says that shares are needed"
create deploy.2.yaml >second.id && tail -n 1 second.id >second && second=$(cat second)
for who in alice bob; do as "$who" deploy approve "$second" --yes --accept-warnings; done
run "$qos" deploy status "$second" --wait ready
printf 'wrk.headers["Host"] = "%s"\n' "$host_name" >load.lua
wrk -t1 -c64 -d6s -s load.lua "http://$ingress/health" >load.out 2>&1 &
load=$!
sleep 2
run "$qos" app promote "$second"
"$qos" app status "$app" --json >status.json || fail "status"
victim=$(jq -r --arg id "$second" '.appStatus.deployments[] | select(.deploymentId == $id).replicas[0].id' status.json)
sleep 1
show kill -KILL "the enclave of replica $victim, which has a third of the traffic now"
kill_replica "$victim"
wait "$load"
sed 's/^/    | /' load.out
grep -q 'Requests/sec' load.out || fail "there was no load"
grep -qE 'Non-2xx|Socket errors' load.out && fail "requests failed while the traffic went over and a replica died"
good "no request failed: those that the dead replica had were sent to another one"

step "A verifier who trusts nobody checks every proof, and the chain that they stand in"
reach --data-binary '{"say":"prove it"}' "http://$ingress/echo" >answer.json || fail "the app did not answer"
jq -c .appProof answer.json >app-proof.json
curl -fsS "http://$api/boot-proofs/$(jq -r .publicKey app-proof.json)" >boot-proof.json || fail "there is no boot proof"
jq -nc --slurpfile a app-proof.json --slurpfile b boot-proof.json '{appProof: $a[0], bootProof: $b[0]}' >deployment.json
run "$qos" verify deployment deployment.json --root root.pem --time document --pcrs release.pcrs --pivot "$bin/qos-sample-echo" --quorum-key genesis/quorum_key.pub
curl -fsS "http://$api/apps/$app/boot-proofs?limit=100" >proofs.json || fail "the proofs are not listed"
count=$(jq '.bootProofs | length' proofs.json)
for ((i = 0; i < count; i++)); do
    jq -c ".bootProofs[$i]" proofs.json >proof.json
    "$qos" verify boot-proof proof.json --root root.pem --time document --pcrs release.pcrs --pivot "$bin/qos-sample-echo" --quorum-key genesis/quorum_key.pub >last.out 2>&1 ||
        fail "proof $i: $(cat last.out)"
done
good "$count boot proofs verified"
run "$control" proofs verify --settings "$dir/control"

step "The first release is no longer needed"
run "$qos" deploy delete "$first"
run "$qos" app status echo

printf '\n%sAll of it held, in %s s.%s Look around in %s\n' "$green" "$((SECONDS - started))" "$plain" "$dir"
if [ -n "$keep" ]; then
    cat <<MESSAGE

The fleet goes on running. Talk to it:
    export QOS_CONTROL=$QOS_CONTROL QOS_CONTROL_KEY=$QOS_CONTROL_KEY
    $qos app status echo
    curl -H 'Host: $host_name' -d '{"say":"hello"}' http://$ingress/echo
Stop it:
    $qos app delete $app --yes && until [ -z "\$(ls $dir/control/replicas)" ]; do sleep 1; done; kill ${pids[*]}
MESSAGE
    disown -a
    exit 0
fi

# Replicas outlive the service on purpose; here they are not wanted any more.
run "$qos" app delete "$app" --yes
no_replica() { [ -z "$(ls "$dir/control/replicas")" ]; }
wait_for "the replicas' end" no_replica
exit 0
