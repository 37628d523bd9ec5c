#!/usr/bin/env bash
# A node's whole life on one machine, in front of you: NSM simulator, enclave, genesis, manifest, approvals, boot, shares,
# app, proofs. Every command that is shown is one you can run yourself. What it makes stays in the folder it names.
#
#   make demo          exits 0 when everything held
#   make demo KEEP=1   leaves the node running and says how to talk to it
#   make demo-image    the node is a virtual machine booted from out/qos.eif; its module signs with the simulator's authority
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=$root/out/bin
dir=${DEMO_DIR:-$root/out/demo}
keep=${KEEP:-}
node=${NODE:-process}
image=${DEMO_IMAGE:-$root/out/qos.eif}
listen=127.0.0.1:${DEMO_API_PORT:-3001}
app_port=${DEMO_APP_PORT:-3000}

# shellcheck source=demo-steps.sh
. "$root/src/samples/demo-steps.sh"

for program in qos qos-enclave qos-host qos-nsm-sim qos-sample-echo; do
    [ -x "$bin/$program" ] || fail "$bin/$program is missing; run make first"
done
for tool in curl jq; do command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install $tool"; done
require_free "$listen" DEMO_API_PORT
require_free "127.0.0.1:$app_port" DEMO_APP_PORT
rm -rf "$dir" && mkdir -p "$dir/run" && chmod 700 "$dir" || exit 1
cd "$dir" || exit 1
qos=$bin/qos
host=http://$listen
role=arn:aws:iam::123456789012:role/Webserver

printf '%sThe life of a QuorumOS node, on this machine%s\n' "$bold" "$plain"
if [ "$node" = machine ]; then
    node_folder=/
    qemu=$("$root/eif/qemu/find-qemu" --signing) || fail "there is no QEMU to run the image in"
    say "Real keys, signatures, image, kernel, /dev/nsm and vsock; the machine is emulated, and its module signs as the simulator would."
    say "QEMU: $(head -n 1 <<<"$qemu")"
else
    node_folder=$dir/run/node
    say "Real keys, signatures, processes and sockets; only the security module is simulated."
fi

# A node is a module, an enclave and a host in front of it. Each boots once, so the genesis has one of its own.
start_node() {
    local name=$1
    if [ "$node" = machine ]; then start_machine "$name"; else start_processes "$name"; fi
    wait_for "the host" curl -fsS "$host/qos/host-health"
    wait_for "the enclave" "$qos" node status --host "$host"
}
start_machine() {
    local name=$1 begin=${EPOCHREALTIME/./}
    background "$name-machine" "$root/eif/qemu/run" --image "$image" --dir "$dir/run/$name" --listen "$listen" \
        --role-arn "$(cat "$dir/pcr3-preimage.txt")" --pki-dir "$dir/simulator-pki" --time-limit "${DEMO_TIME_LIMIT:-3600}"
    wait_for "the machine's node" machine_answers
    say "machine start to answered status: $(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
    cp "$dir/simulator-pki/root.pem" "$dir/root.pem"
}
machine_answers() { curl -sS "$host/qos/enclave-health" | grep -q WaitingForBootInstruction; }
start_processes() {
    local name=$1
    background "$name-nsm" "$bin/qos-nsm-sim" --socket "$dir/run/$name-nsm.sock" --pcrs "$dir/release.pcrs" \
        --role-arn "$(cat "$dir/pcr3-preimage.txt")" --pki-dir "$dir/simulator-pki" --root-out "$dir/root.pem"
    wait_for "the NSM simulator" test -S "$dir/run/$name-nsm.sock"
    background "$name-enclave" "$bin/qos-enclave" --socket "$dir/run/$name.sock" --nsm "$dir/run/$name-nsm.sock" --dir "$dir/run/$name"
    background "$name-host" "$bin/qos-host" --enclave-socket "$dir/run/$name.sock" --listen "$listen"
}
stop_node() {
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null; done
    pids=() names=()
}

step "Three people make their keys; each secret stays with its owner"
mkdir -p share-set manifest-set
for who in alice bob carol; do
    mkdir -p "people/$who"
    run "$qos" key new "$who" --dir "$dir/people/$who"
    cp "people/$who/$who.pub" share-set/ && cp "people/$who/$who.pub" manifest-set/ || fail "copying $who.pub"
done
echo 2 >share-set/quorum_threshold
echo 2 >manifest-set/quorum_threshold
good "two of the three must agree, to approve and to unlock"
for who in alice bob carol; do
    cp -r share-set manifest-set "people/$who/" || fail "copying the sets"
    show "$qos" init --out "$dir/people/$who/qos.yaml" --host "$host" … --alias "$who" --secret "$who.secret" --share "$who.share"
    (cd "people/$who" && "$qos" init --host "$host" --root "$dir/root.pem" --pcrs "$dir/release.pcrs" --role-arn "$role" --share-set share-set --manifest-set manifest-set \
        --quorum-key "$dir/genesis/quorum_key.pub" --dr-key none --namespace demo/echo --pivot "$bin/qos-sample-echo" --envelope "$dir/manifest_envelope" \
        --alias "$who" --secret "$who.secret" --share "$who.share") >"$dir/last.out" 2>&1 || fail "qos init: $(cat "$dir/last.out")"
done
good "each of them holds the sets, in a qos.yaml of their own: nobody else says what they compare with"

step "A release: the measurements of an enclave image, and its role"
if [ "$node" = machine ]; then
    run "$qos" eif measure "$image"
    cp "${image%.eif}.pcrs" release.pcrs || fail "${image%.eif}.pcrs is missing; run make eif first"
else
    for pcr in 0 1 2; do printf '%s PCR%s\n' "$(printf 'demo image part %s' "$pcr" | sha384sum | cut -d' ' -f1)" "$pcr"; done >release.pcrs
fi
printf '%s' "$role" >pcr3-preimage.txt
sed 's/^\(.\{40\}\).* /    | \1… /' release.pcrs

step "Start a node: NSM simulator, enclave process, host"
start_node genesis
run "$qos" node status --host "$host"

step "Genesis: the enclave makes the quorum key and three encrypted shares"
run "$qos" genesis run --host "$host" --share-set share-set --out genesis --root root.pem --pcrs release.pcrs --role-arn "$(cat pcr3-preimage.txt)"
for who in alice bob carol; do as "$who" genesis accept --dir "$dir/genesis" --yes; done
stop_node
good "nobody has seen the key; the genesis node is gone"

step "A manifest for the sample app: which binary may hold that key, and where"
run "$qos" manifest new --out manifest --namespace demo/echo --nonce 1 --quorum-key genesis/quorum_key.pub \
    --pivot "$bin/qos-sample-echo" --manifest-set manifest-set --share-set share-set --pcrs release.pcrs \
    --role-arn "$(cat pcr3-preimage.txt)" --root root.pem --restart always --bridge "server:$app_port:127.0.0.1" \
    --arg=--port --arg="$app_port" --arg=--qos-dir --arg="$node_folder" --accept-warnings
run "$qos" manifest show manifest

step "Two of three approve it"
mkdir -p approvals one-approval
for who in alice bob; do as "$who" manifest approve "$dir/manifest" --out-dir "$dir/approvals" --yes --accept-warnings; done
cp approvals/alice-*.approval one-approval/
run "$qos" manifest envelope --manifest manifest --approvals approvals --out manifest_envelope

step "A fresh node refuses what was not approved"
start_node node
head -c 4096 /dev/urandom >other-binary
refused InvalidPivotHash "$qos" node boot --host "$host" --envelope manifest_envelope --pivot other-binary
jq -c '.manifestSetApprovals |= .[0:1]' manifest_envelope >one-approval/manifest_envelope
refused NotEnoughApprovals "$qos" node boot --host "$host" --envelope one-approval/manifest_envelope --pivot "$bin/qos-sample-echo"
run "$qos" node status --host "$host"

step "It boots what was approved"
run "$qos" node boot --host "$host" --envelope manifest_envelope --pivot "$bin/qos-sample-echo"
run "$qos" node status --host "$host"

step "Its attestation document says so, signed by the module"
run "$qos" node attestation --host "$host" --out attestation.setup
run "$qos" verify attestation attestation.setup --root root.pem --manifest manifest --pcrs release.pcrs
refused "chain" "$qos" verify attestation attestation.setup

step "Impostors, called alice and bob, approve a manifest of their own; carol is asked for her share"
mkdir -p impostors/set && cp people/carol/carol.pub impostors/set/ && echo 2 >impostors/set/quorum_threshold || fail "the impostors' set"
for who in alice bob; do "$qos" key new "$who" --dir impostors >/dev/null && cp "impostors/$who.pub" impostors/set/ || fail "the impostors' keys"; done
"$qos" manifest new --out impostors/manifest --namespace demo/echo --nonce 2 --quorum-key genesis/quorum_key.pub --pivot other-binary --manifest-set impostors/set \
    --share-set share-set --pcrs release.pcrs --role-arn "$role" --root root.pem --debug --env EXFIL=1 --bridge client:443:evil.example --accept-warnings >last.out 2>&1 ||
    fail "the impostors' manifest: $(cat last.out)"
for who in alice bob; do
    "$qos" manifest approve impostors/manifest --secret "impostors/$who.secret" --alias "$who" --out-dir impostors --manifest-set impostors/set --share-set share-set \
        --quorum-key genesis/quorum_key.pub --root root.pem --yes --accept-warnings >last.out 2>&1 || fail "the impostors' approvals: $(cat last.out)"
done
"$qos" manifest envelope --manifest impostors/manifest --approvals impostors --out impostors/envelope >last.out 2>&1 || fail "the impostors' envelope: $(cat last.out)"
refused_by "its manifest set is not the one that you hold" carol share give --envelope "$dir/impostors/envelope" --yes

step "Two members check the enclave for themselves, and give their shares to it alone"
for who in alice carol; do
    as "$who" share give --yes --accept-warnings
    run "$qos" node status --host "$host"
done

step "The app runs: HTTP through host, bridge and enclave"
wait_for "the app" curl -fsS "http://127.0.0.1:$app_port/health"
show curl -d "'{\"say\":\"hello, enclave\"}'" "http://127.0.0.1:$app_port/echo"
curl -fsS --data-binary '{"say":"hello, enclave"}' "http://127.0.0.1:$app_port/echo" >answer.json || fail "the app did not answer"
jq -r '"    | " + (tostring | .[0:150]) + "…"' answer.json
jq -c .appProof answer.json >app-proof.json
good "signed with the key that exists in this enclave only"

step "A verifier who trusts nobody checks the whole chain"
run curl -fsS "$host/qos/boot-proof" -o boot-proof.json
jq -nc --slurpfile a app-proof.json --slurpfile b boot-proof.json '{appProof: $a[0], bootProof: $b[0]}' >deployment.json
run "$qos" verify deployment deployment.json --quorum-key genesis/quorum_key.pub --root root.pem --time document --pcrs release.pcrs --pivot "$bin/qos-sample-echo"
jq -c '.appProof.proofPayload |= sub("hello"; "hallo")' deployment.json >forged.json
refused "signature" "$qos" verify deployment forged.json --quorum-key genesis/quorum_key.pub --root root.pem --time document --pcrs release.pcrs --pivot "$bin/qos-sample-echo"

# The same image and binary under another quorum make true proofs too; a verifier who holds another key than theirs refuses them.
refused "identity.quorum-key" "$qos" verify deployment deployment.json --quorum-key people/alice/alice.pub --root root.pem --time document --pcrs release.pcrs --pivot "$bin/qos-sample-echo"

printf '\n%sAll of it held, in %s s.%s Look around in %s\n' "$green" "$((SECONDS - started))" "$plain" "$dir"
if [ -n "$keep" ]; then
    cat <<MESSAGE

The node goes on running. Talk to it:
    curl -d '{"say":"hello"}' http://127.0.0.1:$app_port/echo
    $qos node status --host $host
    curl $host/qos/enclave-info
Stop it:
    kill ${pids[*]}
MESSAGE
    disown -a
fi
exit 0
