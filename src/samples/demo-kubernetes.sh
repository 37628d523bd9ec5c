#!/usr/bin/env bash
# The fleet on a real Kubernetes cluster on this machine: PostgreSQL, a registry, the control service (two of it) and an EnclaveDeployment of three pods,
# approved, given its key once, killed and healed; a second release that takes over without a share holder; the leader killed; every proof verified.
# The enclaves are simulated and worth nothing.
#
#   make demo-kubernetes     exits 0 when everything held
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${DEMO_BIN:-$root/out/bin}
dir=${DEMO_DIR:-$root/out/demo-kubernetes}
cluster=${QOS_KUBERNETES:-$root/../shared/tools/kubernetes/cluster}
if [ "${1:-}" != --inside ]; then
    [ -x "$cluster" ] || { echo "There is no cluster to run this on: $cluster is missing (or set QOS_KUBERNETES to what starts one)." >&2; exit 1; }
    "$root/native/install-deps" kubernetes || exit 1
    rm -rf "$dir" && mkdir -p "$dir" && chmod 711 "$dir" || exit 1
    echo "The container images, from the programs in out/"
    "$root/deploy/kubernetes/build-images" localhost --archive "$dir/images" | sed 's/^/    /' || exit 1
    exec "$cluster" -- bash "${BASH_SOURCE[0]}" --inside
fi

keep=
role=arn:aws:iam::123456789012:role/Webserver
qos=$bin/qos
registry=$NODE_IP:5000
genesis_host=http://127.0.0.1:3011
pg=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
# shellcheck source=demo-steps.sh
. "$root/src/samples/demo-steps.sh"
# shellcheck source=demo-fleet-steps.sh
. "$root/src/samples/demo-fleet-steps.sh"
cd "$dir" || exit 1
mkdir -p run
k() { kubectl -n qos "$@"; }
# What the cluster knows, beside the logs: for whoever looks at a demo that failed.
record() {
    k get ed,sts,pods,svc,pdb,netpol -o wide && k describe ed && k get events --sort-by=.lastTimestamp | tail -n 50
    for pod in $(k get pods -o name); do echo "== $pod" && k describe "$pod" && k logs "$pod" --all-containers --tail=100; done
} >"$dir/cluster.log" 2>&1
# Nothing is ended here: every process goes with the cluster's namespace.
trap 'status=$?; [ "$status" = 0 ] || record; exit "$status"' EXIT
seconds_since() { printf '%s.%03d s' $((($(date +%s%N) - $1) / 1000000000)) $(((($(date +%s%N) - $1) / 1000000) % 1000)); }

printf '%sA fleet of enclaves on Kubernetes%s\n' "$bold" "$plain"
say "A real cluster, PostgreSQL and registry; real keys and signatures; only the security module is simulated."

step "PostgreSQL, and a registry with our images and the sample app"
mkdir -p pg && chown nobody pg
(cd / && runuser -u nobody -- "$pg/initdb" -D "$dir/pg/data" -U postgres -A trust -E UTF8 --no-sync) >initdb.log 2>&1 || fail "initdb: $(tail -n 1 initdb.log)"
printf 'host all all 0.0.0.0/0 trust\n' >>pg/data/pg_hba.conf
background postgres setpriv --pdeathsig KILL --reuid nobody --clear-groups -- "$pg/postgres" -D "$dir/pg/data" -k "$dir/pg" -h "$NODE_IP" -F
wait_for "PostgreSQL" "$pg/pg_isready" -h "$NODE_IP"
start_registry
for image in qos-control qos-node; do run skopeo copy -q --insecure-policy --dest-tls-verify=false "oci-archive:images/$image.tar" "docker://$registry/$image:1"; done
push_image 1.0 "first release"

step "The control service, twice"
run "$bin/qos-control" init --dir "$dir/control" --database "postgres:Host=$NODE_IP;Username=postgres;Database=postgres" --role-arn "$role" \
    --kubernetes "$registry/qos-node:1" --simulator-authority qos-authority --plain-registry "$registry" --programs "$bin"
run kubectl apply -f "$root/deploy/kubernetes/namespace.yaml" -f "$root/deploy/kubernetes/crd.yaml"
run k create secret generic qos-control --from-file=control/qos-control.json --from-file=control/database --from-file=control/service.secret --from-file=control/root.pem --from-file=control/release.pcrs
run k create secret generic qos-authority --from-file=control/pki
cp "$root"/deploy/kubernetes/*.yaml "$dir/run/"
cat >>run/kustomization.yaml <<YAML
images: [{ name: qos-control, newName: "$registry/qos-control", newTag: "1" }]
YAML
run kubectl apply -k run
run k rollout status deploy/qos-control --timeout=120s
api=$(k get svc qos-control -o 'jsonpath={.spec.clusterIP}')
export QOS_CONTROL=http://$api:7800 QOS_CONTROL_KEY=$dir/control/admin.apikey
wait_for "the API" curl -fsS "$QOS_CONTROL/readyz"
cp control/pki/root.pem root.pem && cp control/release.pcrs release.pcrs || fail "the simulator's root and measurements"

step "Three people, and a quorum key that none of them ever sees"
make_people
hold_genesis

step "An EnclaveDeployment"
members() { for who in alice bob carol; do printf '      - { alias: %s, publicKey: %s }\n' "$who" "$(cat "people/$who/$who.pub")"; done; }
deployment() {
    cat <<YAML
apiVersion: fleet.qos/v1alpha1
kind: EnclaveDeployment
metadata: { name: echo, namespace: qos }
spec:
  quorumKey: $(cat genesis/quorum_key.pub)
  manifestSet:
    threshold: 2
    members:
$(members)
  shareSet:
    threshold: 2
    members:
$(members)
  qosVersion: local
  image: $registry/team/echo:$1
  pivotPath: /app/echo
  pivotDigest: $(sha256sum "$bin/qos-sample-echo" | cut -d' ' -f1)
  args: ["--port", "3000", "--qos-dir", "/run/qos-node"]
  env: [{ name: RELEASE, value: "$1" }]
  port: 3000
  replicas: 3
YAML
}
deployment 1.0 >echo.yaml
sed -E 's/[0-9a-f]{256}/…/; s/^/    | /' echo.yaml
run kubectl apply -f echo.yaml
field() { k get ed echo -o "jsonpath={.status.$1}"; }
is_phase() { [ "$(field phase)" = "$1" ]; }
is_new_phase() { [ "$(field observedGeneration)" = "$(k get ed echo -o 'jsonpath={.metadata.generation}')" ] && is_phase "$1"; }
wait_for "the manifest" is_phase AwaitingApprovals
run k get enclavedeployments
first=$(field deploymentId)
for who in alice bob; do as "$who" deploy approve "$first" --yes --accept-warnings; done
begin=$(date +%s%N)
wait_for "the first replica" is_phase AwaitingShares
run k get enclavedeployments
for who in alice carol; do as "$who" deploy provision "$first" --yes --accept-warnings; done
wait_for "three ready replicas" is_phase Live
# The kubelet's word comes a probe later than the service's.
are_ready() { [ "$(k get pods -l "fleet.qos/deployment=$first" -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}')" = "True True True " ]; }
wait_for "three ready pods" are_ready
good "three pods are ready $(seconds_since "$begin") after the last approval, shares and all"
run k get enclavedeployments
run k get pods -l fleet.qos/fleet=qos
service=$(k get svc echo -o 'jsonpath={.spec.clusterIP}')
reach() { curl -fsS --max-time 5 "$@"; }
wait_for "the app" reach "http://$service:3000/health"
good "the Service echo answers"

step "A pod is killed: Kubernetes makes another, and it is given the key without a share holder"
victim=$(k get pods -l "fleet.qos/deployment=$first" -o 'jsonpath={.items[1].metadata.name}')
old=$(k get pod "$victim" -o 'jsonpath={.metadata.uid}')
begin=$(date +%s%N)
run k delete pod "$victim" --grace-period=0 --force
is_healed() { [ "$(k get pod "$victim" -o 'jsonpath={.metadata.uid}')" != "$old" ] && are_ready; }
wait_for "the replacement" is_healed
good "ready again after $(seconds_since "$begin")"

step "PostgreSQL crashes and comes back: the app serves on, and a pod that is lost then is healed"
kill -KILL "$(head -n 1 pg/data/postmaster.pid)"
crashed=${pids[0]}
# It is meant to be away: what is waited for meanwhile does not end with it.
pids[0]=
wait_for "the app, without PostgreSQL" reach "http://$service:3000/health"
old=$(k get pod "$victim" -o 'jsonpath={.metadata.uid}')
run k delete pod "$victim" --grace-period=0 --force
wait_for "the app, without PostgreSQL" reach "http://$service:3000/health"
wait "$crashed" 2>/dev/null
setpriv --pdeathsig KILL --reuid nobody --clear-groups -- "$pg/postgres" -D "$dir/pg/data" -k "$dir/pg" -h "$NODE_IP" -F >>postgres.log 2>&1 </dev/null &
pids[0]=$!
begin=$(date +%s%N)
wait_for "PostgreSQL" "$pg/pg_isready" -h "$NODE_IP"
wait_for "the replacement" is_healed
good "healed $(seconds_since "$begin") after PostgreSQL was started again"

step "The leader is killed under traffic: the Lease runs out, another one goes on, and no request is lost"
traffic() {
    local asked=0 lost=0
    while [ -e run/traffic ]; do
        reach "http://$service:3000/health" >/dev/null 2>>traffic.log || lost=$((lost + 1))
        asked=$((asked + 1))
    done
    echo "$asked $lost" >"run/traffic-$1"
}
touch run/traffic
traffic 1 &
users=($!)
traffic 2 &
users+=($!)
holder=$(k get lease qos-control -o 'jsonpath={.spec.holderIdentity}')
leader=${holder%-*}
# All processes of the pods are in this cluster's namespace of processes; a container's knows its pod by HOSTNAME.
controls() { grep -lzx "HOSTNAME=${1:-qos-control-.*}" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | while read -r id; do ! tr '\0' ' ' <"/proc/$id/cmdline" | grep -q '^/usr/bin/qos-control run' || echo "$id"; done; }
process=$(controls "$leader")
[ -n "$process" ] || fail "the leader's process is not found"
begin=$(date +%s%N)
run kill -KILL $process
run k scale enclavedeployment echo --replicas=4
is_four() { [ "$(k get statefulset -l "fleet.qos/deployment=$first" -o 'jsonpath={.items[0].spec.replicas}')" = 4 ]; }
wait_for "the next leader's work" is_four
good "another one reconciles after $(seconds_since "$begin")"
other_leads() { now=$(k get lease qos-control -o 'jsonpath={.spec.holderIdentity}') && [ -n "$now" ] && [ "$now" != "$holder" ]; }
other_leads || fail "the one that was killed still leads"
rm run/traffic
wait "${users[@]}"
read -r asked lost < <(cat run/traffic-* | awk '{asked += $1; lost += $2} END {print asked, lost}')
[ "$lost" = 0 ] || fail "$lost of $asked requests were lost: $(tail -n 3 traffic.log)"
good "$asked requests went through the Service meanwhile, $lost lost"

step "A second release: approved, given the key by the first, and the Service goes over when all its pods are ready"
push_image 1.1 "second release"
deployment 1.1 >echo.yaml
run kubectl apply -f echo.yaml
wait_for "the second manifest" is_new_phase AwaitingApprovals
second=$(field deploymentId)
for who in alice bob; do as "$who" deploy approve "$second" --yes --accept-warnings; done
wait_for "the second release" is_new_phase Live
[ "$(field liveDeploymentId)" = "$second" ] || fail "the second release is not live"
run k get enclavedeployments
only_second() { [ "$(k get pods -l fleet.qos/fleet=qos -o 'jsonpath={range .items[*]}{.metadata.labels.fleet\.qos/deployment}{"\n"}{end}' | sort -u)" = "$second" ]; }
wait_for "the first release's end" only_second
run k scale enclavedeployment echo --replicas=2
# A kubelet that lost sight of a pod's containers when they ended keeps the pod for its whole grace period and longer.
two_pods() { [ "$(k get pods -l fleet.qos/fleet=qos --no-headers | grep -vc Terminating)" = 2 ] && [ "$(field ready)" = 2/2 ]; }
wait_for "two replicas" two_pods
run k get enclavedeployments

memory=$(for id in $(controls); do awk '/^VmRSS/{all = $2} /^RssFile/{files = $2} END {printf "%d MiB of memory, %d of them pages of files\n", all / 1024, files / 1024}' "/proc/$id/status"; done | sort -n | tail -n 1)
good "the control service holds $memory"

step "A verifier who trusts nobody checks every proof, and the chain that they stand in"
reach --data-binary '{"say":"prove it"}' "http://$service:3000/echo" >answer.json || fail "the app did not answer"
jq -c .appProof answer.json >app-proof.json
curl -fsS "$QOS_CONTROL/boot-proofs/$(jq -r .publicKey app-proof.json)" >boot-proof.json || fail "there is no boot proof"
jq -nc --slurpfile a app-proof.json --slurpfile b boot-proof.json '{appProof: $a[0], bootProof: $b[0]}' >deployment.json
run "$qos" verify deployment deployment.json --root root.pem --time document --pcrs release.pcrs --pivot "$bin/qos-sample-echo" --quorum-key genesis/quorum_key.pub
run "$bin/qos-control" proofs verify --settings control
run k describe enclavedeployment echo

step "The end: the app goes with its object"
run k delete enclavedeployment echo --timeout=60s
no_pods() { [ -z "$(k get pods -l fleet.qos/fleet=qos --no-headers 2>/dev/null)" ]; }
no_pods || k wait --for=delete pod -l fleet.qos/fleet=qos --timeout=120s >/dev/null 2>&1 || true
wait_for "the pods' end" no_pods

printf '\n%sAll of it held, in %s s.%s\n' "$green" "$((SECONDS - started))" "$plain"
exit 0
